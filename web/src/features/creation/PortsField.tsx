// The ports of a container that are to be reached on the server's machine, without a login.
import { Plus, X } from 'lucide-react'
import type { ServerConfig } from '../../api/types'
import { Button, IconButton } from '../../ui/Button'
import { ErrorText } from './ErrorText'
import type { PortRow } from './ports'
import { ROW_INPUT } from './rows'

interface PortsFieldProps {
  rows: readonly PortRow[]
  publish: NonNullable<ServerConfig['publish']>
  error: string | undefined
  onChange: (rows: PortRow[]) => void
}

export function PortsField({ rows, publish, error, onChange }: PortsFieldProps) {
  const change = (index: number, part: Partial<PortRow>): void => onChange(rows.map((row, at) => (at === index ? { ...row, ...part } : row)))
  const field = (index: number, name: keyof PortRow, label: string, placeholder: string) => (
    <input
      aria-label={`${label} ${index + 1}`}
      placeholder={placeholder}
      inputMode="numeric"
      autoComplete="off"
      autoFocus={name === 'container' && rows[index]?.container === ''}
      aria-invalid={error !== undefined}
      className={ROW_INPUT}
      value={rows[index]?.[name] ?? ''}
      onChange={(event) => change(index, { [name]: event.target.value.trim() })}
    />
  )
  return (
    <fieldset>
      <legend className="text-xs font-medium text-soft">Published ports</legend>
      <p className="mt-0.5 mb-1.5 text-xs text-faint text-pretty">
        Reached at {publish.address} on the server’s machine, with any kind of network. Nobody logs in there: for a browser, previews are safer.
      </p>
      {publish.allowed ? (
        <>
          <div className="space-y-1.5">
            {rows.map((_, index) => (
              // Rows have no identity but their place.
              // oxlint-disable-next-line react/no-array-index-key
              <div key={index} className="grid grid-cols-[1fr_1fr_auto] items-start gap-1.5">
                {field(index, 'container', 'Port of the session', 'in the session')}
                {field(index, 'host', 'Port of the machine', `any of ${publish.range}`)}
                <IconButton label={`Remove port ${index + 1}`} onClick={() => onChange(rows.filter((_, at) => at !== index))}>
                  <X size={14} />
                </IconButton>
              </div>
            ))}
          </div>
          <ErrorText>{error}</ErrorText>
          <Button size="small" look="quiet" className="mt-1 -ml-2" onClick={() => onChange([...rows, { container: '', host: '' }])}>
            <Plus size={13} /> Add port
          </Button>
        </>
      ) : (
        <p className="text-xs text-faint">Other machines reach that address, so it is for those who may use this machine.</p>
      )}
    </fieldset>
  )
}
