// Making an API token: name, what it may, how long; and then the token itself, once.
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { client, unwrap } from '../../api/client'
import { describe, fieldErrors } from '../../api/problem'
import type { Scope } from '../../api/types'
import { Button } from '../../ui/Button'
import { Choice } from '../../ui/Choice'
import { Dialog } from '../../ui/Dialog'
import { SelectField, TextField } from '../../ui/Field'
import { FormError } from '../../ui/FormError'
import { ShownOnce } from '../../ui/ShownOnce'
import { useUser } from '../auth/useUser'
import { EXPIRIES, USUAL_EXPIRY, offeredScopes } from './scopes'

export function CreateTokenDialog({ onCreated, onClose }: { onCreated: () => unknown; onClose: () => void }) {
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<readonly Scope[]>(['sessions:read'])
  const [days, setDays] = useState<number | null>(USUAL_EXPIRY)
  const create = useMutation({
    mutationFn: () => unwrap(client.POST('/api/tokens', { body: { name: name.trim(), scopes: [...scopes], expiresInDays: days } })),
    onSuccess: onCreated,
  })
  if (create.data !== undefined) {
    return (
      <Dialog title={`“${create.data.name}” is ready`} description="Put it where your program finds it, as a bearer token." onClose={onClose}>
        <div className="mt-4">
          <ShownOnce secret={create.data.token} what="Token" />
        </div>
        <div className="mt-6 flex justify-end">
          <Button onClick={onClose}>Done</Button>
        </div>
      </Dialog>
    )
  }
  const errors = fieldErrors(create.error)
  return (
    <Dialog title="New API token" description="It acts in your name, within what you allow it here." onClose={onClose}>
      <form
        className="mt-4 space-y-5"
        onSubmit={(event) => {
          event.preventDefault()
          create.mutate()
        }}
      >
        <TextField label="Name" name="token-name" placeholder="nightly build" autoComplete="off" autoFocus required maxLength={64} value={name} error={errors['name']} onChange={(event) => setName(event.target.value)} />
        <ScopePicker value={scopes} error={errors['scopes']} onChange={setScopes} />
        <SelectField
          label="Works for"
          value={days ?? 'never'}
          error={errors['expiresInDays']}
          hint={days === null ? 'A token that never ends is easily forgotten.' : undefined}
          onChange={(event) => setDays(EXPIRIES.find((item) => String(item.days) === event.target.value)?.days ?? null)}
        >
          {EXPIRIES.map((item) => (
            <option key={item.label} value={item.days ?? 'never'}>
              {item.label}
            </option>
          ))}
        </SelectField>
        {create.isError && Object.keys(errors).length === 0 && <FormError>{describe(create.error)}</FormError>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={create.isPending || name.trim() === '' || scopes.length === 0}>
            Create token
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

interface ScopePickerProps {
  value: readonly Scope[]
  error?: string | undefined
  onChange: (scopes: readonly Scope[]) => void
}

function ScopePicker({ value, error, onChange }: ScopePickerProps) {
  const user = useUser()
  const offered = offeredScopes(user?.role ?? 'viewer')
  return (
    <fieldset>
      <legend className="mb-1.5 text-xs font-medium text-soft">It may</legend>
      <div className="grid grid-cols-1 gap-1.5 sm:grid-cols-2">
        {offered.map((scope) => {
          const checked = value.includes(scope.value)
          return (
            <Choice
              key={scope.value}
              type="checkbox"
              name={scope.value}
              label={scope.label}
              hint={scope.hint}
              checked={checked}
              onChange={() => onChange(checked ? value.filter((item) => item !== scope.value) : [...value, scope.value])}
            />
          )
        })}
      </div>
      {error !== undefined && (
        <p role="alert" className="mt-1.5 text-xs text-err">
          {error}
        </p>
      )}
    </fieldset>
  )
}
