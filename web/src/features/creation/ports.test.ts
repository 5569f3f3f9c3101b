import { expect, test } from 'vitest'
import { config } from './makeForm.testing'
import { portsError, readPorts } from './ports'

const row = (container: string, host = '') => ({ container, host })

test('rows that were filled in are asked for', () => {
  expect(readPorts([row('3000'), row(''), row('8080', '20080')])).toEqual([{ container: 3000 }, { container: 8080, host: 20080 }])
})

test.each([
  [[row('3000'), row('')], false],
  [[row('1', '20000'), row('65535', '29999')], false],
  [[row('0')], true],
  [[row('65536')], true],
  [[row('80.5')], true],
  [[row('', '20000')], true],
  [[row('80', '80')], true],
  [[row('80', '30000')], true],
  [[row('80'), row('80')], true],
  [[row('80', '20000'), row('81', '20000')], true],
  [Array.from({ length: 17 }, (_, index) => row(String(index + 1))), true],
])('%j is wrong: %j', (rows, wrong) => {
  expect(portsError(rows, config.publish) !== null).toBe(wrong)
})
