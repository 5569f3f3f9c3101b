// The settings of commits and checkpoints that make themselves. They hold at once, and after a restart.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client, unwrap } from '../../api/client'
import { autoCommitQuery } from '../../api/git'
import { describe, fieldErrors } from '../../api/problem'
import type { AutoCommit, Session } from '../../api/types'
import { Button } from '../../ui/Button'
import { Choice } from '../../ui/Choice'
import { Dialog } from '../../ui/Dialog'
import { TextArea, TextField } from '../../ui/Field'
import { FormError } from '../../ui/FormError'
import { Switch } from '../../ui/Switch'
import { toast } from '../../ui/toast'
import { changeOf, formErrors, formOf, MODES } from './autoCommit'
import type { AutoCommitForm } from './autoCommit'

interface AutoCommitDialogProps {
  session: Session
  settings: AutoCommit
  onClose: () => void
}

export function AutoCommitDialog({ session, settings, onClose }: AutoCommitDialogProps) {
  const queries = useQueryClient()
  const [form, setForm] = useState(() => formOf(settings))
  const save = useMutation({
    mutationFn: () => unwrap(client.PATCH('/api/sessions/{id}/git/autocommit', { params: { path: { id: session.id } }, body: changeOf(form) })),
    onSuccess: (kept) => {
      queries.setQueryData(autoCommitQuery(session.id).queryKey, kept)
      toast('The settings hold from now on')
      onClose()
    },
  })
  const wrong = formErrors(form)
  const errors: Record<string, string> = { ...fieldErrors(save.error), ...wrong }
  const change = (part: Partial<AutoCommitForm>): void => {
    setForm({ ...form, ...part })
    save.reset()
  }
  return (
    <Dialog title="Committed by itself" description="What changes in the repository is kept also while nobody looks, and while the server is away." width="wide" onClose={onClose}>
      <form
        className="mt-4 space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (Object.keys(wrong).length === 0) save.mutate()
        }}
      >
        <fieldset className="grid gap-2">
          <legend className="sr-only">What is made of changes</legend>
          {MODES.map(({ value, label, hint }) => (
            <Choice key={value} type="radio" name="mode" label={label} hint={hint} checked={form.mode === value} onChange={() => change({ mode: value })} />
          ))}
        </fieldset>
        {form.mode !== 'off' && <Details session={session} form={form} errors={errors} onChange={change} />}
        {save.isError && Object.keys(errors).length === 0 && <FormError>{describe(save.error)}</FormError>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={save.isPending || Object.keys(wrong).length > 0}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

interface DetailsProps {
  session: Session
  form: AutoCommitForm
  errors: Record<string, string>
  onChange: (part: Partial<AutoCommitForm>) => void
}

function Details({ session, form, errors, onChange }: DetailsProps) {
  const number = (name: 'debounceSeconds' | 'intervalSeconds' | 'maxFiles', label: string, usual: string) => (
    <TextField label={label} inputMode="numeric" placeholder={usual} value={form[name]} error={errors[name]} onChange={(event) => onChange({ [name]: event.target.value })} />
  )
  return (
    <>
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-3">
        {number('debounceSeconds', 'After so many quiet seconds', '30')}
        {number('intervalSeconds', 'At the latest after seconds', '300')}
        {number('maxFiles', 'Or with so many files', '10')}
      </div>
      <TextArea
        mono
        label="Left out, besides what git ignores"
        hint="One pattern a line, as in .gitignore."
        placeholder={'*.log\ndist/'}
        spellCheck={false}
        value={form.ignore}
        error={errors['ignore']}
        onChange={(event) => onChange({ ignore: event.target.value })}
      />
      {form.mode === 'commit' && (
        <>
          <TextArea
            mono
            label="Shape of the messages"
            hint="{type} {scope} {subject} {files} {added} {removed} {summary} {list} stand for what is known of the change. Empty: as usual."
            spellCheck={false}
            value={form.messageTemplate}
            error={errors['messageTemplate']}
            onChange={(event) => onChange({ messageTemplate: event.target.value })}
          />
          <Switch
            label="Push each commit"
            hint={
              session.repoUrl == null
                ? 'The session began without a repository to push to.'
                : 'To the repository that the session began with, never by force. What cannot be pushed waits and is tried again.'
            }
            checked={form.push}
            disabled={session.repoUrl == null}
            onChange={(push) => onChange({ push })}
          />
          {form.push && (
            <TextArea
              mono
              label="Branches that are not pushed to"
              hint={`One a line, release/* for many. Their commits go to longhouse/${session.id}.`}
              spellCheck={false}
              value={form.protectedBranches}
              error={errors['protectedBranches']}
              onChange={(event) => onChange({ protectedBranches: event.target.value })}
            />
          )}
        </>
      )}
    </>
  )
}
