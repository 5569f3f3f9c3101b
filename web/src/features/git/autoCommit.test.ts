import { describe, expect, test } from 'vitest'
import type { AutoCommit, AutoCommitState } from '../../api/types'
import { changeOf, formErrors, formOf, standingOf } from './autoCommit'

const settings: AutoCommit = { mode: 'commit', push: false, protectedBranches: [], debounceSeconds: 30, intervalSeconds: 300, maxFiles: 10, ignore: ['*.log', 'dist/'], messageTemplate: '{type}: {subject}' }
const state: AutoCommitState = { activity: 'watching', pending: false, reason: null, lastCheckpoint: null, lastCommit: null, refused: [], push: { activity: 'off', branch: null, to: null, reason: null, files: [], last: null } }

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

describe('the form', () => {
  test('gives back what it was given', () => {
    const { push: _push, ...own } = settings
    expect(changeOf(formOf(settings))).toEqual(own)
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
