// The creation form. Its answer is the session's own page, which shows the rest of the creation as it happens.
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Shuffle } from 'lucide-react'
import { useState } from 'react'
import { client, unwrap } from '../api/client'
import { meQuery } from '../api/people'
import { ApiError, describe, fieldErrors } from '../api/problem'
import { configQuery, sessionQuery, sessionsQuery } from '../api/queries'
import type { ServerConfig } from '../api/types'
import { AdvancedFields } from '../features/sessions/AdvancedFields'
import { AgentPicker } from '../features/sessions/AgentPicker'
import { runtimesFor, whyNoSession } from '../features/sessions/mayCreate'
import { PlaceFields } from '../features/sessions/PlaceFields'
import { suggestName } from '../features/sessions/suggestName'
import { toRequest, validate } from '../features/sessions/validation'
import type { CreationForm, FormErrors } from '../features/sessions/validation'
import { Button, IconButton } from '../ui/Button'
import { TextArea, TextField } from '../ui/Field'
import { Segments } from '../ui/Segments'
import { ForbiddenPage } from './ForbiddenPage'

export function NewSessionPage() {
  const { data: config } = useSuspenseQuery(configQuery)
  const { data: me } = useSuspenseQuery(meQuery)
  const reason = whyNoSession(me, config)
  if (reason !== null) return <ForbiddenPage>{reason}</ForbiddenPage>
  return <CreationPage config={{ ...config, runtimes: runtimesFor(me, config) }} />
}

function CreationPage({ config }: { config: ServerConfig }) {
  const { data: sessions } = useQuery(sessionsQuery)
  const taken = (sessions ?? []).map((session) => session.name)
  const [form, setForm] = useState(() => blankForm(config, suggestName(taken, Math.random)))
  const [tried, setTried] = useState(false)
  const create = useCreate()
  const change = (part: Partial<CreationForm>): void => setForm((now) => ({ ...now, ...part }))
  const found = validate(form, config.allowedBaseDirs)
  // A name is checked while it is typed; the rest once somebody tried to send.
  const errors: FormErrors = { ...fieldErrors(create.error), ...(tried ? found : found['name'] === undefined ? {} : { name: found['name'] }) }
  const submit = (): void => {
    setTried(true)
    if (Object.keys(found).length === 0) create.mutate(form)
  }
  const agent = config.agents.find((item) => item.name === form.agent)
  return (
    <div className="mx-auto max-w-2xl px-4 py-5 sm:px-8 sm:py-8">
      <h1 className="text-xl font-semibold tracking-tight">New session</h1>
      <p className="mt-1 text-sm text-soft">A working directory, an agent, and terminals that stay.</p>
      <form
        noValidate
        className="mt-6 space-y-7"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit()
        }}
      >
        <TextField
          label="Name"
          name="name"
          autoFocus
          autoComplete="off"
          spellCheck={false}
          value={form.name}
          error={errors['name']}
          onChange={(event) => change({ name: event.target.value })}
          end={
            <IconButton label="Suggest another name" onClick={() => change({ name: suggestName(taken, Math.random) })}>
              <Shuffle size={14} />
            </IconButton>
          }
        />
        <AgentPicker agents={config.agents} value={form.agent} error={errors['agent']} onChange={(name) => change({ agent: name })} />
        <div className="space-y-4">
          <div className="flex flex-wrap items-center justify-between gap-2">
            <span className="text-xs font-medium text-soft">How it works</span>
            <Segments
              label="Mode"
              value={form.mode}
              onChange={(mode) => change({ mode })}
              choices={[
                { value: 'interactive', label: 'Interactive' },
                ...(agent?.autonomous === false ? [] : [{ value: 'autonomous' as const, label: 'Autonomous' }]),
              ]}
            />
          </div>
          <TextArea
            label={form.mode === 'autonomous' ? 'Task' : 'First message (optional)'}
            name="prompt"
            value={form.prompt}
            error={errors['prompt']}
            onChange={(event) => change({ prompt: event.target.value })}
            placeholder={form.mode === 'autonomous' ? 'What the agent does from beginning to end' : 'What the agent is told when it starts'}
            hint={form.mode === 'autonomous' ? 'The agent works through it alone and the run ends with its exit code.' : undefined}
          />
        </div>
        <PlaceFields form={form} config={config} errors={errors} onChange={change} />
        <AdvancedFields form={form} errors={errors} onChange={change} />
        <Failure error={create.error} />
        <div className="sticky bottom-0 -mx-4 flex items-center justify-end gap-3 border-t border-line bg-bg px-4 py-3 sm:mx-0 sm:px-0">
          {tried && Object.keys(found).length > 0 && <span className="text-xs text-err">Some fields need another look.</span>}
          <Button look="primary" type="submit" disabled={create.isPending}>
            {create.isPending ? 'Creating…' : 'Create session'}
          </Button>
        </div>
      </form>
    </div>
  )
}

function useCreate() {
  const queries = useQueryClient()
  const navigate = useNavigate()
  // One key per opened form: sending twice, or again after a lost answer, makes one session.
  const [key, setKey] = useState(newKey)
  return useMutation({
    mutationFn: (form: CreationForm) =>
      unwrap(client.POST('/api/sessions', { params: { header: { 'Idempotency-Key': key } }, body: toRequest(form) })),
    onSuccess: (session) => {
      queries.setQueryData(sessionQuery(session.id).queryKey, session)
      void queries.invalidateQueries({ queryKey: sessionsQuery.queryKey })
      void navigate({ to: '/sessions/$id', params: { id: session.id } })
    },
    // A refusal is an answer: the corrected form is another request.
    onError: (error) => error instanceof ApiError && error.problem.status > 0 && setKey(newKey()),
  })
}

/** `crypto.randomUUID` exists in secure contexts only; this works on plain HTTP too. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

const SHOWN_AT_FIELDS = ['name', 'agent', 'prompt', 'runtime', 'workdir', 'flags', 'env', 'labels', 'gitUserName', 'gitUserEmail', 'idleTimeoutSeconds', 'multiplexer', 'description']

function Failure({ error }: { error: Error | null }) {
  if (error === null) return null
  const elsewhere = error instanceof ApiError ? error.problem.errors.filter((item) => !SHOWN_AT_FIELDS.includes(item.field)) : []
  return (
    <div role="alert" className="rounded-lg bg-err-wash px-3.5 py-2.5 text-sm text-err">
      {describe(error)}
      {elsewhere.map((item) => (
        <p key={item.field}>
          {item.field}: {item.message}
        </p>
      ))}
    </div>
  )
}

function blankForm(config: ServerConfig, name: string): CreationForm {
  const agent = config.agents.find((item) => item.available && item.name !== 'shell') ?? config.agents.find((item) => item.available)
  return {
    name,
    description: '',
    agent: agent?.name ?? '',
    mode: 'interactive',
    prompt: '',
    // The usual one may not be open to this person.
    runtime: (config.runtimes.find((runtime) => runtime.name === config.defaults.runtime) ?? config.runtimes[0])?.name ?? config.defaults.runtime,
    place: 'own',
    workdir: '',
    flags: '',
    env: [],
    labels: '',
    multiplexer: config.defaults.multiplexer,
    gitUserName: '',
    gitUserEmail: '',
    idleMinutes: '',
  }
}
