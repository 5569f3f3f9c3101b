// What somebody may: the role, and the permission that goes with it.
import type { Role } from '../../api/types'
import { Choice } from '../../ui/Choice'
import { Switch } from '../../ui/Switch'
import { ROLES, hostMatters } from './roles'

interface RoleFieldsProps {
  role: Role
  host: boolean
  onChange: (part: { role?: Role; host?: boolean }) => void
}

export function RoleFields({ role, host, onChange }: RoleFieldsProps) {
  return (
    <>
      <fieldset>
        <legend className="mb-1.5 text-xs font-medium text-soft">Role</legend>
        <div className="space-y-1.5">
          {ROLES.map((item) => (
            <Choice key={item.value} type="radio" name="role" label={item.label} hint={item.hint} checked={item.value === role} onChange={() => onChange({ role: item.value })} />
          ))}
        </div>
      </fieldset>
      {hostMatters(role) && (
        <Switch
          label="Sessions on this machine"
          hint="Such a session runs with the server’s own rights. Only for people whom you trust with the whole machine."
          checked={host}
          onChange={(next) => onChange({ host: next })}
        />
      )}
    </>
  )
}

/** The permissions that a form stands for. */
export function permissionsOf(role: Role, host: boolean): 'host'[] {
  return hostMatters(role) && host ? ['host'] : []
}
