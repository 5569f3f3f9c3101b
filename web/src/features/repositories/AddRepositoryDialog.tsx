// Putting a repository into the list: cloned or made empty, with a session of its own, or one that a session holds already.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client, unwrap } from '../../api/client'
import { describe, fieldErrors } from '../../api/problem'
import { configQuery, sessionsQuery } from '../../api/queries'
import { repositoriesKey } from '../../api/repositories'
import type { Runtime } from '../../api/types'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { SelectField, TextField } from '../../ui/Field'
import { FormError } from '../../ui/FormError'
import { Segments } from '../../ui/Segments'
import { toast } from '../../ui/toast'
import { NOTHING_YET, createBody, missing, nameFromUrl } from './newRepository'
import type { NewRepository } from './newRepository'

/** The fields that show what is wrong with them. */
const SHOWN = ['name', 'gitUrl', 'branch', 'sessionId', 'path', 'port', 'runtime']

const RUNTIME_WORDS: Record<Runtime, string> = { docker: 'A container', host: 'This machine', kubernetes: 'Kubernetes' }

interface PartProps {
  form: NewRepository
  errors: Record<string, string>
  onChange: (change: Partial<NewRepository>) => void
}

export function AddRepositoryDialog({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient()
  const [form, setForm] = useState(NOTHING_YET)
  const change = (part: Partial<NewRepository>): void => setForm((before) => ({ ...before, ...part }))
  const add = useMutation({
    mutationFn: () => unwrap(client.POST('/api/repositories', { body: createBody(form) })),
    onSuccess: async (made) => {
      toast(made.sessionStatus === 'running' ? `“${made.name}” is in the list` : `“${made.name}” is on its way`)
      onClose()
      await Promise.all([queries.invalidateQueries({ queryKey: repositoriesKey }), queries.invalidateQueries({ queryKey: sessionsQuery.queryKey })])
    },
  })
  const errors = fieldErrors(add.error)
  const part: PartProps = { form, errors, onChange: change }
  return (
    <Dialog title="Add a repository" width="wide" onClose={onClose}>
      <form
        className="mt-4 space-y-5"
        onSubmit={(event) => {
          event.preventDefault()
          if (missing(form) === null) add.mutate()
        }}
      >
        <Segments
          label="Where it comes from"
          value={form.source}
          onChange={(source) => change({ source })}
          choices={[
            { value: 'clone', label: 'Clone' },
            { value: 'empty', label: 'Start empty' },
            { value: 'session', label: 'From a session' },
          ]}
        />
        {form.source === 'session' ? <HeldFields {...part} /> : <OwnFields {...part} />}
        <div className="grid gap-4 sm:grid-cols-[1fr_9rem]">
          <TextField
            label="Name"
            name="repository-name"
            autoComplete="off"
            maxLength={64}
            placeholder={form.source === 'clone' ? nameFromUrl(form.gitUrl) : 'shop'}
            value={form.name}
            error={errors['name']}
            hint={form.source === 'session' ? undefined : 'Its session is called the same.'}
            onChange={(event) => change({ name: event.target.value })}
          />
          <TextField
            label="Port (optional)"
            name="repository-port"
            inputMode="numeric"
            autoComplete="off"
            mono
            placeholder="by itself"
            value={form.port}
            error={errors['port']}
            hint="Programs find it in PORT."
            onChange={(event) => change({ port: event.target.value.trim() })}
          />
        </div>
        {add.isError && !SHOWN.some((field) => errors[field] !== undefined) && <FormError>{describe(add.error)}</FormError>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" reason={missing(form)} disabled={add.isPending}>
            {form.source === 'clone' ? 'Clone' : 'Add'}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** For a repository that gets a session of its own. */
function OwnFields({ form, errors, onChange }: PartProps) {
  const { data: config } = useQuery(configQuery)
  const offered = config?.runtimes.filter((runtime) => runtime.available) ?? []
  return (
    <>
      {form.source === 'clone' && (
        <TextField
          label="Address"
          name="repository-url"
          mono
          autoFocus
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder="https://git.example.org/team/shop.git"
          value={form.gitUrl}
          error={errors['gitUrl']}
          hint="Keys and tokens that it takes stand in your profile, never in the address."
          onChange={(event) => onChange({ gitUrl: event.target.value })}
        />
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Branch (optional)"
          name="repository-branch"
          mono
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder={form.source === 'clone' ? 'as the other side has it' : 'main'}
          value={form.branch}
          error={errors['branch']}
          onChange={(event) => onChange({ branch: event.target.value })}
        />
        <SelectField
          label="Where its session lives"
          name="repository-runtime"
          value={form.runtime ?? ''}
          error={errors['runtime']}
          onChange={(event) => onChange({ runtime: offered.find((runtime) => runtime.name === event.target.value)?.name ?? null })}
        >
          <option value="">As usual</option>
          {offered.map(({ name }) => (
            <option key={name} value={name}>
              {RUNTIME_WORDS[name]}
            </option>
          ))}
        </SelectField>
      </div>
    </>
  )
}

/** For one that a session holds already. */
function HeldFields({ form, errors, onChange }: PartProps) {
  const { data: sessions = [] } = useQuery(sessionsQuery)
  const driven = sessions.filter((session) => session.access !== 'view').toSorted((a, b) => a.name.localeCompare(b.name))
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField
        label="Session"
        name="repository-session"
        value={form.sessionId}
        error={errors['sessionId']}
        hint={driven.length === 0 ? 'There is no session that you may drive.' : undefined}
        onChange={(event) => onChange({ sessionId: event.target.value })}
      >
        <option value="">Choose one</option>
        {driven.map((session) => (
          <option key={session.id} value={session.id}>
            {session.name}
          </option>
        ))}
      </SelectField>
      <TextField
        label="Directory (optional)"
        name="repository-path"
        mono
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        placeholder="the workspace"
        value={form.path}
        error={errors['path']}
        hint="Where in the workspace it lies."
        onChange={(event) => onChange({ path: event.target.value })}
      />
    </div>
  )
}
