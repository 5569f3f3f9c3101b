// The creation form. Its answer is the session's own page, which shows the rest of the creation as it happens.
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { RotateCcw, Shuffle } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { client, unwrap } from '../api/client'
import { meQuery } from '../api/people'
import { ApiError, describe } from '../api/problem'
import { configQuery, sessionQuery, sessionsQuery } from '../api/queries'
import type { ServerConfig } from '../api/types'
import { AgentPicker } from '../features/creation/AgentPicker'
import { EnvironmentFields } from '../features/creation/EnvironmentFields'
import { isWrong, needsSaying, otherErrors, serverErrors, withoutChanged } from '../features/creation/fields'
import type { FieldsProps, Part } from '../features/creation/fields'
import { Fold } from '../features/creation/Fold'
import { blankForm, toRequest } from '../features/creation/form'
import type { CreationForm } from '../features/creation/form'
import { whyNoSession } from '../features/creation/mayCreate'
import { MoreFields } from '../features/creation/MoreFields'
import { NetworkFields } from '../features/creation/NetworkFields'
import { PlaceFields } from '../features/creation/PlaceFields'
import { recall, remember } from '../features/creation/remembered'
import { RepositoryFields } from '../features/creation/RepositoryFields'
import { ResourceFields } from '../features/creation/ResourceFields'
import { suggestName } from '../features/creation/suggestName'
import { environmentSummary, moreSummary, networkSummary, placeSummary, repositorySummary, resourcesSummary, taskSummary } from '../features/creation/summaries'
import { TaskFields } from '../features/creation/TaskFields'
import { validate } from '../features/creation/validation'
import type { FormErrors } from '../features/creation/validation'
import { Button, IconButton } from '../ui/Button'
import { TextField } from '../ui/Field'
import { Panel } from '../ui/Section'
import { useStored } from '../ui/useStored'
import { ForbiddenPage } from './ForbiddenPage'

export function NewSessionPage() {
  const { data: config } = useSuspenseQuery(configQuery)
  const { data: me } = useSuspenseQuery(meQuery)
  const reason = whyNoSession(me, config)
  if (reason !== null) return <ForbiddenPage>{reason}</ForbiddenPage>
  return <CreationPage config={config} />
}

function CreationPage({ config }: { config: ServerConfig }) {
  const { data: sessions } = useQuery(sessionsQuery)
  const taken = (sessions ?? []).map((session) => session.name)
  const [kept, keep] = useStored(`longhouse.creation.${config.user.id}`, '')
  const [form, setForm] = useState(() => recall(kept, blankForm(config, suggestName(taken, Math.random)), config))
  const [tried, setTried] = useState(false)
  const [mistakes, setMistakes] = useState(0)
  const [refused, setRefused] = useState<FormErrors>({})
  const create = useCreate()
  const change = (part: Partial<CreationForm>): void => {
    setForm((now) => ({ ...now, ...part }))
    setRefused((now) => withoutChanged(now, part))
  }
  const found = validate(form, config)
  const wrong = Object.keys(found).length > 0
  // A name is checked while it is typed; the rest once somebody tried to send.
  const shown = tried ? found : found['name'] === undefined ? {} : { name: found['name'] }
  const errors: FormErrors = { ...refused, ...shown }
  const frame = useFocusOnMistakes(mistakes)
  const submit = (): void => {
    setTried(true)
    const lead = (): void => setMistakes((before) => before + 1)
    if (wrong) {
      lead()
      return
    }
    keep(remember(form))
    create.mutate(form, {
      onError: (error) => {
        setRefused(serverErrors(error))
        lead()
      },
    })
  }
  const asUsual = (): void => {
    keep('')
    setForm((now) => ({ ...blankForm(config, now.name), prompt: now.prompt, env: now.env, secrets: now.secrets }))
  }
  return (
    <div className="mx-auto max-w-2xl px-4 py-5 sm:px-8 sm:py-8">
      <header className="flex items-baseline justify-between gap-3">
        <h1 className="text-xl font-semibold tracking-tight">New session</h1>
        {remember(form) !== remember(blankForm(config, form.name)) && (
          <Button size="small" look="quiet" title="Forget what was chosen last time" onClick={asUsual}>
            <RotateCcw size={13} /> Defaults
          </Button>
        )}
      </header>
      <form
        ref={frame}
        noValidate
        className="mt-5 space-y-6"
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
        <AgentPicker
          agents={config.agents}
          image={form.runtime === 'host' ? null : form.image || config.defaultImage}
          value={form.agent}
          error={errors['agent']}
          onChange={(name) => change({ agent: name })}
        />
        <Parts form={form} config={config} errors={errors} onChange={change} />
        {create.error !== null && needsSaying(create.error) && <Failure error={create.error} />}
        <div className="sticky bottom-0 -mx-4 flex items-center justify-end gap-3 border-t border-line bg-bg px-4 py-3 sm:mx-0 sm:px-0">
          {tried && Object.keys(errors).length > 0 && <span className="text-xs text-err">Some fields need another look.</span>}
          <Button look="primary" type="submit" disabled={create.isPending}>
            {create.isPending ? 'Creating…' : 'Create session'}
          </Button>
        </div>
      </form>
    </div>
  )
}

type PartsProps = FieldsProps & { config: ServerConfig }

/** Everything beyond a name and an agent, folded by sense. */
function Parts(props: PartsProps) {
  const { form, config, errors } = props
  const agent = config.agents.find((item) => item.name === form.agent)
  const part = (name: Part, title: string, summary: string, fields: ReactNode): ReactNode => (
    <Fold title={title} summary={summary} wrong={isWrong(errors, name)}>
      {fields}
    </Fold>
  )
  return (
    <Panel>
      {part('task', 'Task', taskSummary(form), <TaskFields {...props} agent={agent} />)}
      {part('place', 'Runs in', placeSummary(form, config), <PlaceFields {...props} />)}
      {form.runtime !== 'host' && (
        <>
          {part('network', 'Network', networkSummary(form), <NetworkFields {...props} />)}
          {part('resources', 'Resources', resourcesSummary(form, config), <ResourceFields {...props} />)}
        </>
      )}
      {part('repository', 'Repository', repositorySummary(form), <RepositoryFields {...props} />)}
      {part('environment', 'Environment', environmentSummary(form), <EnvironmentFields {...props} />)}
      {part('more', 'More', moreSummary(form), <MoreFields {...props} />)}
    </Panel>
  )
}

/** Leads to the first field that is wrong, after each attempt to send that failed. */
function useFocusOnMistakes(mistakes: number) {
  const frame = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (mistakes > 0) frame.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [mistakes])
  return frame
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

function Failure({ error }: { error: Error }) {
  return (
    <div role="alert" className="rounded-lg bg-err-wash px-3.5 py-2.5 text-sm text-err">
      {describe(error)}
      {otherErrors(error).map((item) => (
        <p key={item.field}>
          {item.field}: {item.message}
        </p>
      ))}
    </div>
  )
}
