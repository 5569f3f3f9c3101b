import { describe, expect, test } from 'vitest'
import type { AutoCommit, AutoCommitState, PushState } from '../../api/types'
import { changeOf, formErrors, formOf, pushStanding, standingOf } from './autoCommit'

const settings: AutoCommit = { mode: 'commit', push: false, debounceSeconds: 30, intervalSeconds: 300, maxFiles: 10, ignore: ['*.log', 'dist/'], messageTemplate: '{type}: {subject}', protectedBranches: ['release/*'] }
const push: PushState = { activity: 'upToDate', branch: 'main', to: 'main', reason: null, files: [], last: null }
const state: AutoCommitState = { push, activity: 'watching', pending: false, reason: null, lastCheckpoint: null, lastCommit: null, refused: [] }

describe('how it stands', () => {
  test('what waits says when it comes', () => {
    expect(standingOf(settings, { ...state, pending: true }).text).toBe('The next commit comes after 30 s without a change, 5 min at the latest, or with 10 files')
    expect(standingOf({ ...settings, mode: 'checkpoint', maxFiles: 1 }, { ...state, pending: true }).text).toContain('next checkpoint')
  })

  test('what is in the way asks for a person', () => {
    expect(standingOf(settings, { ...state, activity: 'blocked', pending: true, reason: 'a merge is under way' })).toEqual({ tone: 'need', text: 'Commits wait: a merge is under way' })
  })

  test('off is off, whatever sessiond said last', () => {
    expect(standingOf({ ...settings, mode: 'off' }, { ...state, activity: 'blocked' })).toEqual({ tone: 'quiet', text: 'Nothing is committed by itself' })
  })
})

describe('pushing by itself', () => {
  const on = { ...settings, push: true }

  test('what is off has nothing to tell', () => {
    expect(pushStanding(settings, push)).toBeNull()
    expect(pushStanding({ ...on, mode: 'checkpoint' }, push)).toBeNull()
  })

  test('another branch over there is named, and what waits says why', () => {
    expect(pushStanding(on, { ...push, to: 'longhouse/one' })).toEqual({ tone: 'quiet', text: 'Everything is pushed to longhouse/one' })
    expect(pushStanding(on, { ...push, activity: 'pending', reason: 'the host does not answer' })).toEqual({ tone: 'need', text: 'The push waits: the host does not answer' })
    expect(pushStanding(on, { ...push, activity: 'conflict', files: ['a', 'b'] })).toMatchObject({ tone: 'need', text: expect.stringContaining('the files') })
  })
})

describe('the form', () => {
  test('gives back what it was given', () => {
    expect(changeOf(formOf(settings))).toEqual(settings)
    expect(changeOf(formOf({ ...settings, push: true }))).toMatchObject({ push: true })
    expect(changeOf({ ...formOf({ ...settings, push: true }), mode: 'checkpoint' }), 'checkpoints stay here').toMatchObject({ push: false })
  })

  test('an empty field is as usual, and an empty line no pattern', () => {
    expect(changeOf({ ...formOf(settings), debounceSeconds: ' ', messageTemplate: '', ignore: '\n  \na\n' })).toMatchObject({ debounceSeconds: null, messageTemplate: null, ignore: ['a'] })
  })

  test('numbers are whole and at least one', () => {
    expect(formErrors({ ...formOf(settings), debounceSeconds: '0', intervalSeconds: '1.5', maxFiles: '-3' })).toEqual({
      debounceSeconds: 'A whole number, at least 1.',
      intervalSeconds: 'A whole number, at least 1.',
      maxFiles: 'A whole number, at least 1.',
    })
    expect(formErrors({ ...formOf(settings), debounceSeconds: '' })).toEqual({})
  })
})
