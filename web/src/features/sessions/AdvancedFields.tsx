// The rest of the creation form, folded away: most sessions need none of it.
import { ChevronRight, Plus, X } from 'lucide-react'
import { Button, IconButton } from '../../ui/Button'
import { SelectField, TextField } from '../../ui/Field'
import type { CreationForm, EnvRow, FormErrors } from './validation'

interface AdvancedFieldsProps {
  form: CreationForm
  errors: FormErrors
  onChange: (part: Partial<CreationForm>) => void
}

const FIELDS = ['description', 'flags', 'env', 'labels', 'multiplexer', 'gitUserName', 'gitUserEmail', 'idleTimeoutSeconds']

export function AdvancedFields({ form, errors, onChange }: AdvancedFieldsProps) {
  const wrong = FIELDS.some((field) => errors[field] !== undefined)
  return (
    <details open={wrong || undefined} className="group/details rounded-xl border border-line bg-surface/60">
      <summary className="flex list-none items-center gap-2 rounded-xl px-4 py-3 text-sm font-medium select-none [&::-webkit-details-marker]:hidden">
        <ChevronRight size={15} className="text-faint transition-transform group-open/details:rotate-90" />
        Advanced
        <span className="truncate text-xs font-normal text-faint">flags, environment, labels, git, idle timeout</span>
      </summary>
      <div className="space-y-5 border-t border-line px-4 pt-4 pb-5">
        <TextField label="Description" name="description" value={form.description} error={errors['description']} onChange={(event) => onChange({ description: event.target.value })} />
        <TextField
          label="Flags for the agent"
          name="flags"
          mono
          spellCheck={false}
          placeholder="--model sonnet"
          value={form.flags}
          error={errors['flags']}
          hint="As on a command line; quotation marks keep words together."
          onChange={(event) => onChange({ flags: event.target.value })}
        />
        <EnvTable rows={form.env} error={errors['env']} onChange={(env) => onChange({ env })} />
        <TextField
          label="Labels"
          name="labels"
          placeholder="team=core, ticket=123"
          value={form.labels}
          error={errors['labels']}
          onChange={(event) => onChange({ labels: event.target.value })}
        />
        <div className="grid grid-cols-1 gap-5 sm:grid-cols-2">
          <TextField label="Git name" name="gitUserName" autoComplete="off" value={form.gitUserName} error={errors['gitUserName']} onChange={(event) => onChange({ gitUserName: event.target.value })} />
          <TextField label="Git e-mail" name="gitUserEmail" type="email" autoComplete="off" value={form.gitUserEmail} error={errors['gitUserEmail']} onChange={(event) => onChange({ gitUserEmail: event.target.value })} />
          {form.runtime === 'host' && (
            <SelectField
              label="Terminals"
              name="multiplexer"
              value={form.multiplexer}
              error={errors['multiplexer']}
              hint={form.multiplexer === 'tmux' ? 'Reachable from a shell by tmux attach.' : 'Straight on the terminal, without tmux.'}
              onChange={(event) => onChange({ multiplexer: event.target.value === 'tmux' ? 'tmux' : 'none' })}
            >
              <option value="tmux">In tmux</option>
              <option value="none">Plain</option>
            </SelectField>
          )}
          <TextField
            label="Stop when idle (minutes)"
            name="idleTimeoutSeconds"
            inputMode="numeric"
            placeholder="never"
            value={form.idleMinutes}
            error={errors['idleTimeoutSeconds']}
            onChange={(event) => onChange({ idleMinutes: event.target.value.trim() })}
          />
        </div>
      </div>
    </details>
  )
}

function EnvTable({ rows, error, onChange }: { rows: EnvRow[]; error?: string | undefined; onChange: (rows: EnvRow[]) => void }) {
  const change = (index: number, part: Partial<EnvRow>): void =>
    onChange(rows.map((row, at) => (at === index ? { ...row, ...part } : row)))
  const input = 'h-8 min-w-0 rounded-md border border-line-strong bg-surface px-2.5 font-mono text-xs focus:border-ember focus:outline-none coarse:h-10 coarse:text-[16px]'
  return (
    <fieldset>
      <legend className="mb-1.5 text-xs font-medium text-soft">Environment</legend>
      <div className="space-y-1.5">
        {rows.map((row, index) => (
          // Rows have no identity but their place.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={index} className="grid grid-cols-[2fr_3fr_auto] gap-1.5">
            <input aria-label={`Name of variable ${index + 1}`} placeholder="NAME" spellCheck={false} className={input} value={row.name} onChange={(event) => change(index, { name: event.target.value.trim() })} />
            <input aria-label={`Value of variable ${index + 1}`} placeholder="value" spellCheck={false} className={input} value={row.value} onChange={(event) => change(index, { value: event.target.value })} />
            <IconButton label={`Remove variable ${index + 1}`} onClick={() => onChange(rows.filter((_, at) => at !== index))}>
              <X size={14} />
            </IconButton>
          </div>
        ))}
      </div>
      {error !== undefined && (
        <p role="alert" className="mt-1.5 text-xs text-err">
          {error}
        </p>
      )}
      <Button size="small" look="quiet" className="mt-1.5 -ml-2" onClick={() => onChange([...rows, { name: '', value: '' }])}>
        <Plus size={13} /> Add variable
      </Button>
      <p className="text-2xs text-faint">Everybody who may look at the session can read these: no secrets here.</p>
    </fieldset>
  )
}
