// Where a session lives and works: runtime and working directory.
import type { ServerConfig } from '../../api/types'
import { TextField } from '../../ui/Field'
import { Segments } from '../../ui/Segments'
import type { CreationForm, FormErrors } from './validation'

interface PlaceFieldsProps {
  form: CreationForm
  config: ServerConfig
  errors: FormErrors
  onChange: (part: Partial<CreationForm>) => void
}

const RUNTIME_WORDS = { host: 'This machine', docker: 'Docker', kubernetes: 'Kubernetes' }

export function PlaceFields({ form, config, errors, onChange }: PlaceFieldsProps) {
  const runtimes = config.runtimes.filter((runtime) => runtime.available)
  return (
    <div className="space-y-4">
      {runtimes.length > 1 && (
        <div className="flex flex-wrap items-center justify-between gap-2">
          <span className="text-xs font-medium text-soft">Runs on</span>
          <Segments
            label="Runtime"
            value={form.runtime}
            onChange={(runtime) => onChange({ runtime, ...(runtime === 'host' ? {} : { place: 'own' as const }) })}
            choices={runtimes.map((runtime) => ({ value: runtime.name, label: RUNTIME_WORDS[runtime.name] }))}
          />
        </div>
      )}
      {errors['runtime'] !== undefined && (
        <p role="alert" className="text-xs text-err">
          {errors['runtime']}
        </p>
      )}
      {form.runtime === 'host' && (
        <div className="flex flex-wrap items-center justify-between gap-2">
          <span className="text-xs font-medium text-soft">Working directory</span>
          <Segments
            label="Working directory"
            value={form.place}
            onChange={(place) => onChange({ place, workdir: form.workdir === '' ? (config.allowedBaseDirs[0] ?? '') : form.workdir })}
            choices={[
              { value: 'own', label: 'A new one' },
              { value: 'named', label: 'An existing one' },
            ]}
          />
        </div>
      )}
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
          hint={`Below ${config.allowedBaseDirs.join(' or ')}. Deleting the session keeps it.`}
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
    </div>
  )
}
