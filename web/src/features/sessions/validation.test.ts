import { describe, expect, test } from 'vitest'
import { nameError, readLabels, splitFlags, toRequest, validate, workdirError } from './validation'
import type { CreationForm } from './validation'

const form: CreationForm = {
  name: 'rowan-forge',
  description: '',
  agent: 'claude',
  mode: 'interactive',
  prompt: '',
  runtime: 'host',
  place: 'own',
  workdir: '/never/used',
  flags: '',
  env: [],
  labels: '',
  multiplexer: 'tmux',
  gitUserName: '',
  gitUserEmail: '',
  idleMinutes: '',
}

describe('names', () => {
  test.each(['fix login', 'v1.2_rc-3', 'a', 'x'.repeat(64)])('%j is a name', (name) => {
    expect(nameError(name)).toBeNull()
  })
  test.each(['', '#(id)', 'a;b', 'a\nb', '../x', 'a/b', '..', '.', ' a', 'a ', 'é', '$(id)', 'x'.repeat(65), '0192f3a4-7f3e-7cc0-98c4-dc0c0c07398f'])(
    '%j is none',
    (name) => {
      expect(nameError(name)).not.toBeNull()
    },
  )
})

describe('directories', () => {
  const bases = ['/home/mira', '/srv/code']
  test.each(['/home/mira', '/home/mira/work', '/srv/code/x y'])('%j is allowed', (path) => {
    expect(workdirError(path, bases)).toBeNull()
  })
  test.each(['', 'work', '~/work', '/home/mirage', '/home/mira/../other', '/etc'])('%j is not', (path) => {
    expect(workdirError(path, bases)).not.toBeNull()
  })
})

test('flags are split as a shell would, and nothing else is done to them', () => {
  expect(splitFlags(`--model  sonnet -m "two words" 'it''s' a\\ b "" $(id) ;`)).toEqual(['--model', 'sonnet', '-m', 'two words', 'its', 'a b', '', '$(id)', ';'])
  expect(splitFlags(String.raw`"a\"b" 'c\d'`)).toEqual(['a"b', String.raw`c\d`])
  expect(splitFlags('   ')).toEqual([])
  expect(splitFlags('"open')).toBeNull()
})

test('labels are names with values', () => {
  expect(readLabels(' team=core, ticket = 12=3,,flag')).toEqual({ team: 'core', ticket: '12=3', flag: '' })
  expect(readLabels('=x')).toBeNull()
})

describe('the form', () => {
  test('with its defaults is fine and asks for no more than was filled in', () => {
    expect(validate(form, ['/home'])).toEqual({})
    expect(toRequest(form)).toEqual({ name: 'rowan-forge', agent: 'claude', mode: 'interactive', runtime: 'host', multiplexer: 'tmux' })
  })

  test('each mistake stands at its field', () => {
    const errors = validate(
      {
        ...form,
        name: '../x',
        agent: '',
        mode: 'autonomous',
        prompt: ' ',
        place: 'named',
        workdir: '/etc',
        flags: '"',
        env: [{ name: '1X', value: '' }],
        labels: '=',
        gitUserEmail: 'nobody',
        idleMinutes: '0',
      },
      ['/home'],
    )
    expect(Object.keys(errors).toSorted()).toEqual(['agent', 'env', 'flags', 'gitUserEmail', 'idleTimeoutSeconds', 'labels', 'name', 'prompt', 'workdir'])
  })

  test('a variable twice, or a value without a name, is a mistake; an empty row is not', () => {
    const env = (...rows: [string, string][]): string | undefined =>
      validate({ ...form, env: rows.map(([name, value]) => ({ name, value })) }, [])['env']
    expect(env(['A', '1'], ['A', '2'])).toContain('twice')
    expect(env(['', 'x'])).toContain('no name')
    expect(env(['A', ''], ['', ''])).toBeUndefined()
  })

  test('everything that was filled in is sent, in the wire’s units', () => {
    expect(
      toRequest({
        ...form,
        description: ' d ',
        prompt: 'do it',
        place: 'named',
        workdir: '/home/x',
        flags: '-v',
        env: [{ name: 'A', value: '1' }, { name: '', value: '' }],
        labels: 'a=b',
        multiplexer: 'none',
        gitUserName: 'M',
        gitUserEmail: 'm@x',
        idleMinutes: '30',
      }),
    ).toEqual({
      name: 'rowan-forge',
      agent: 'claude',
      mode: 'interactive',
      runtime: 'host',
      description: 'd',
      prompt: 'do it',
      workdir: '/home/x',
      flags: ['-v'],
      env: { A: '1' },
      labels: { a: 'b' },
      multiplexer: 'none',
      gitUserName: 'M',
      gitUserEmail: 'm@x',
      idleTimeoutSeconds: 1800,
    })
  })
})
