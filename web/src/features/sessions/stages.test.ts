import { expect, test } from 'vitest'
import { stagesOf } from './stages'

test('a session shows the stages that it has, and one that only some have once it is reached', () => {
  expect(stagesOf({ runtime: 'host' }, null)).toEqual(['container', 'agent'])
  expect(stagesOf({ runtime: 'docker' }, { stage: 'image' })).toEqual(['image', 'container', 'agent'])
  expect(stagesOf({ runtime: 'docker' }, { stage: 'setup' })).toEqual(['image', 'container', 'setup', 'agent'])
})
