// Where a session lives and works: in a container, with what it is made of, or on the server's machine, in a directory.
import type { Runtime, ServerConfig } from '../../api/types'
import { Choice } from '../../ui/Choice'
import { SelectField, TextField } from '../../ui/Field'
import { Segments } from '../../ui/Segments'
import { looseningWords, TEMPLATE_WORDS } from './container'
import { ErrorText } from './ErrorText'
import type { FieldsProps } from './fields'
import { offersAgent, usualAgent } from './form'

type PlaceFieldsProps = FieldsProps & { config: ServerConfig }

const RUNTIME_WORDS: Record<Runtime, { label: string; hint: string }> = {
  docker: { label: 'Container', hint: 'Closed off from the machine and other sessions, with limits of its own.' },
  host: { label: 'This machine', hint: 'As the user who runs the server, with all that is installed there.' },
  kubernetes: { label: 'Kubernetes', hint: 'A pod of the cluster.' },
}
/** In the order in which they are offered. What this server could never have is not. */
const ORDER: readonly Runtime[] = ['docker', 'host', 'kubernetes']

export function PlaceFields(props: PlaceFieldsProps) {
  const { form, config, errors, onChange } = props
  const offered = ORDER.flatMap((name) => config.runtimes.filter((runtime) => runtime.name === name))
  const choose = (runtime: Runtime): void =>
    onChange({ runtime, ...(offersAgent(config, runtime, form.agent) ? {} : { agent: usualAgent(config, runtime) }) })
  return (
    <>
      <fieldset>
        <legend className="sr-only">Where it runs</legend>
        <div className="grid gap-2 sm:grid-cols-2">
          {offered
            .filter((runtime) => runtime.available || runtime.name !== 'kubernetes')
            .map(({ name, available, detail }) => (
              <Choice
                key={name}
                type="radio"
                name="runtime"
                label={RUNTIME_WORDS[name].label}
                hint={available ? RUNTIME_WORDS[name].hint : `Not now: ${detail ?? 'it is not available'}.`}
                checked={form.runtime === name}
                disabled={!available}
                onChange={() => choose(name)}
              />
            ))}
        </div>
        <ErrorText>{errors['runtime']}</ErrorText>
      </fieldset>
      {form.runtime === 'host' ? <HostFields {...props} /> : <ContainerFields {...props} />}
    </>
  )
}

function ContainerFields({ form, config, errors, onChange }: PlaceFieldsProps) {
  const template = config.templates.find((offer) => offer.name === form.template)
  const loosened = template?.loosens ?? []
  return (
    <>
      <div>
        <SelectField
          label="Template"
          name="template"
          value={form.template}
          error={errors['template']}
          hint={TEMPLATE_WORDS[form.template].hint}
          onChange={(event) => {
            const chosen = config.templates.find((offer) => offer.name === event.target.value)
            if (chosen !== undefined) onChange({ template: chosen.name, agent: chosen.agent })
          }}
        >
          {config.templates.map(({ name, loosens }) => (
            <option key={name} value={name}>
              {TEMPLATE_WORDS[name].label}
              {loosens.length > 0 && ' (less closed)'}
            </option>
          ))}
        </SelectField>
        {loosened.map((point) => (
          <p key={point} role="note" className="mt-2 rounded-lg bg-need-wash px-3 py-2 text-xs text-need text-pretty">
            {looseningWords(point)}
          </p>
        ))}
      </div>
      <TextField
        label="Image"
        name="image"
        mono
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        placeholder={config.defaultImage}
        value={form.image}
        error={errors['image']}
        hint="Any image for Linux. What the container engine does not have yet is fetched when the session starts."
        onChange={(event) => onChange({ image: event.target.value.trim() })}
      />
    </>
  )
}

function HostFields({ form, config, errors, onChange }: PlaceFieldsProps) {
  const below = `Below ${config.allowedBaseDirs.join(' or ')}. Deleting the session keeps it.`
  return (
    <>
      <div>
        <Segments
          label="Working directory"
          value={form.place}
          onChange={(place) => onChange({ place, workdir: form.workdir === '' ? (config.allowedBaseDirs[0] ?? '') : form.workdir })}
          choices={[
            { value: 'own', label: 'A new directory' },
            { value: 'named', label: 'An existing one' },
          ]}
        />
        {form.place === 'own' && <p className="mt-1.5 text-xs text-faint">Made for the session, and deleted with it.</p>}
      </div>
      {form.place === 'named' && (
        <TextField
          label="Directory"
          name="workdir"
          mono
          autoComplete="off"
          spellCheck={false}
          list="allowed-directories"
          value={form.workdir}
          error={errors['workdir']}
          hint={below}
          onChange={(event) => onChange({ workdir: event.target.value })}
        />
      )}
      <datalist id="allowed-directories">
        {config.allowedBaseDirs.map((directory) => (
          <option key={directory} value={directory}>
            {directory}
          </option>
        ))}
      </datalist>
      <SelectField
        label="Terminals"
        name="multiplexer"
        value={form.multiplexer}
        error={errors['multiplexer']}
        hint={form.multiplexer === 'tmux' ? 'Reachable from a shell by tmux attach.' : 'Straight on the terminal, without tmux.'}
        onChange={(event) => onChange({ multiplexer: event.target.value === 'tmux' ? 'tmux' : 'none' })}
      >
        {config.multiplexers.map((name) => (
          <option key={name} value={name}>
            {name === 'tmux' ? 'In tmux' : 'Plain'}
          </option>
        ))}
      </SelectField>
    </>
  )
}
