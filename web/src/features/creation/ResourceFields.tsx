// How much of the machine a container may take.
import type { ServerConfig } from '../../api/types'
import { TextField } from '../../ui/Field'
import type { FieldsProps } from './fields'
import { range } from './validation'

const FIELDS = [
  { field: 'cpuLimit', label: 'CPU cores', inputMode: 'decimal' },
  { field: 'memoryLimit', label: 'Memory (MB)', inputMode: 'numeric' },
  { field: 'pidsLimit', label: 'Processes', inputMode: 'numeric' },
] as const

export function ResourceFields({ form, errors, onChange, config }: FieldsProps & { config: Pick<ServerConfig, 'limits'> }) {
  const { least, usual, most, diskLimit } = config.limits.container
  return (
    <div>
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
        {FIELDS.map(({ field, label, inputMode }) => (
          <TextField
            key={field}
            label={label}
            name={field}
            inputMode={inputMode}
            autoComplete="off"
            placeholder={String(usual[field])}
            value={form[field]}
            error={errors[field]}
            hint={range(least[field], most?.[field])}
            onChange={(event) => onChange({ [field]: event.target.value.trim() })}
          />
        ))}
        <TextField
          label="Disk (MB)"
          name="diskLimit"
          inputMode="numeric"
          autoComplete="off"
          placeholder={String(diskLimit ?? 'no limit')}
          value={form.diskLimit}
          error={errors['diskLimit']}
          hint="workspace and home"
          onChange={(event) => onChange({ diskLimit: event.target.value.trim() })}
        />
      </div>
      <p className="mt-3 text-xs text-faint text-pretty">
        A session that wants more memory than this has a program ended, and says so; it takes nothing from others. One that stays above its limit of disk is
        stopped, after it has said so.
      </p>
    </div>
  )
}
