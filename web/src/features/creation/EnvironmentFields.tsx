// What a session's programs are told: variables that everybody may read, and secrets that nobody reads again.
import { Plus, X } from 'lucide-react'
import { Button, IconButton } from '../../ui/Button'
import { classes } from '../../ui/classes'
import { ErrorText } from './ErrorText'
import type { FieldsProps } from './fields'
import type { NamedValue } from './form'
import { ROW_INPUT } from './rows'

export function EnvironmentFields({ form, errors, onChange }: FieldsProps) {
  return (
    <>
      <Table
        title="Variables"
        noun="variable"
        hint="Everybody who may look at the session can read these."
        rows={form.env}
        error={errors['env']}
        onChange={(env) => onChange({ env })}
      />
      <Table
        title="Secrets"
        noun="secret"
        hint="Each is a file in $LONGHOUSE_SECRETS_DIR, in memory. It can be replaced or removed later, and is never shown again."
        hidden
        rows={form.secrets}
        error={errors['secrets']}
        onChange={(secrets) => onChange({ secrets })}
      />
    </>
  )
}

interface TableProps {
  title: string
  noun: string
  hint: string
  rows: readonly NamedValue[]
  error: string | undefined
  hidden?: boolean
  onChange: (rows: NamedValue[]) => void
}

function Table({ title, noun, hint, rows, error, hidden = false, onChange }: TableProps) {
  const change = (index: number, part: Partial<NamedValue>): void =>
    onChange(rows.map((row, at) => (at === index ? { ...row, ...part } : row)))
  return (
    <fieldset>
      <legend className="text-xs font-medium text-soft">{title}</legend>
      <p className="mt-0.5 mb-1.5 text-xs text-faint text-pretty">{hint}</p>
      <div className="space-y-1.5">
        {rows.map((row, index) => (
          // Rows have no identity but their place.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={index} className="grid grid-cols-[2fr_3fr_auto] items-start gap-1.5">
            <input
              aria-label={`Name of ${noun} ${index + 1}`}
              placeholder="NAME"
              autoFocus={row.name === '' && row.value === ''}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              className={ROW_INPUT}
              value={row.name}
              onChange={(event) => change(index, { name: event.target.value.trim() })}
            />
            {/* Keys have several lines, which a field for passwords would drop. */}
            <textarea
              aria-label={`Value of ${noun} ${index + 1}`}
              placeholder="value"
              rows={1}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              className={classes(ROW_INPUT, 'field-sizing-content max-h-32 resize-none', hidden && '[-webkit-text-security:disc]')}
              value={row.value}
              onChange={(event) => change(index, { value: event.target.value })}
            />
            <IconButton label={`Remove ${noun} ${index + 1}`} onClick={() => onChange(rows.filter((_, at) => at !== index))}>
              <X size={14} />
            </IconButton>
          </div>
        ))}
      </div>
      <ErrorText>{error}</ErrorText>
      <Button size="small" look="quiet" className="mt-1 -ml-2" onClick={() => onChange([...rows, { name: '', value: '' }])}>
        <Plus size={13} /> Add {noun}
      </Button>
    </fieldset>
  )
}
