// The list of hosts that a closed session reaches, one per line.
import { TextArea } from '../../ui/Field'

interface HostsFieldProps {
  value: string
  error?: string | undefined
  autoFocus?: boolean
  onChange: (text: string) => void
}

export function HostsField({ value, error, autoFocus = false, onChange }: HostsFieldProps) {
  return (
    <TextArea
      label="Hosts, one per line"
      name="allowHosts"
      mono
      autoFocus={autoFocus}
      rows={5}
      autoComplete="off"
      autoCapitalize="off"
      spellCheck={false}
      placeholder={'example.org\n*.example.com:443'}
      value={value}
      error={error}
      hint="A name, *.name for all below it, an address or a range; with :port for that port alone. What is not on the public internet is listed by its address, by whoever may use this machine."
      onChange={(event) => onChange(event.target.value)}
    />
  )
}
