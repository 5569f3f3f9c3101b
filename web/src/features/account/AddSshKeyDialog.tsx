// Adding an SSH key: made here, or brought along as text or as a file.
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { client, unwrap } from '../../api/client'
import { describe, fieldErrors } from '../../api/problem'
import { Button } from '../../ui/Button'
import { Copyable } from '../../ui/Copyable'
import { Dialog } from '../../ui/Dialog'
import { TextArea, TextField } from '../../ui/Field'
import { FormError } from '../../ui/FormError'
import { Segments } from '../../ui/Segments'

/** A key's file is smaller than that, bytes. */
const LARGEST_FILE = 64 * 1024

export function AddSshKeyDialog({ onAdded, onClose }: { onAdded: () => unknown; onClose: () => void }) {
  const [source, setSource] = useState<'made' | 'given'>('made')
  const [name, setName] = useState('')
  const [text, setText] = useState('')
  const [passphrase, setPassphrase] = useState('')
  const [hosts, setHosts] = useState('')
  const add = useMutation({
    mutationFn: () => {
      const given = { privateKey: text, ...(passphrase === '' ? {} : { passphrase }) }
      const body = { name: name.trim(), hosts: hosts.split(/[\s,]+/).filter(Boolean), generate: source === 'made', ...(source === 'made' ? {} : given) }
      return unwrap(client.POST('/api/ssh-keys', { body }))
    },
    onSuccess: () => {
      setText('')
      setPassphrase('')
      return onAdded()
    },
  })
  if (add.data !== undefined) {
    return (
      <Dialog title={`“${add.data.name}” is ready`} description="Give its public half to your forge, as an SSH key of yours or of one repository." width="wide" onClose={onClose}>
        <div className="mt-4">
          <Copyable text={add.data.publicKey} label="the public half" />
        </div>
        <div className="mt-6 flex justify-end">
          <Button onClick={onClose}>Done</Button>
        </div>
      </Dialog>
    )
  }
  const errors = fieldErrors(add.error)
  const shown = ['name', 'privateKey', 'passphrase', 'hosts']
  return (
    <Dialog title="Add an SSH key" description="It stays with the server, sealed, for the hosts of your sessions’ repositories." width="wide" onClose={onClose}>
      <form
        className="mt-4 space-y-5"
        onSubmit={(event) => {
          event.preventDefault()
          add.mutate()
        }}
      >
        <Segments
          label="Where the key comes from"
          value={source}
          onChange={setSource}
          choices={[
            { value: 'made', label: 'Make a new one' },
            { value: 'given', label: 'Bring one along' },
          ]}
        />
        <TextField label="Name" name="key-name" placeholder="laptop" autoComplete="off" autoFocus required maxLength={64} value={name} error={errors['name']} onChange={(event) => setName(event.target.value)} />
        {source === 'given' && (
          <GivenKey text={text} passphrase={passphrase} errors={errors} onText={setText} onPassphrase={setPassphrase} />
        )}
        <TextField
          label="Further hosts (optional)"
          name="key-hosts"
          mono
          autoComplete="off"
          autoCapitalize="off"
          placeholder="git.example.org, host:2222"
          value={hosts}
          error={errors['hosts']}
          hint="Beside the host of a session’s repository, for submodules and the like."
          onChange={(event) => setHosts(event.target.value)}
        />
        {add.isError && !shown.some((field) => errors[field] !== undefined) && <FormError>{describe(add.error)}</FormError>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={add.isPending || name.trim() === '' || (source === 'given' && text.trim() === '')}>
            {source === 'made' ? 'Make the key' : 'Add the key'}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

interface GivenKeyProps {
  text: string
  passphrase: string
  errors: Record<string, string>
  onText: (text: string) => void
  onPassphrase: (passphrase: string) => void
}

function GivenKey({ text, passphrase, errors, onText, onPassphrase }: GivenKeyProps) {
  return (
    <>
      <TextArea
        label="Private key"
        name="private-key"
        mono
        rows={5}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        placeholder="-----BEGIN OPENSSH PRIVATE KEY-----"
        className="text-xs"
        value={text}
        error={errors['privateKey']}
        hint="As its file has it: ed25519, ecdsa or RSA from 2048 bits."
        aside={
          <label className="cursor-pointer text-xs text-ember has-focus-visible:outline-2 has-focus-visible:outline-ember">
            From a file
            <input
              type="file"
              className="sr-only"
              onChange={(event) => {
                const file = event.target.files?.[0]
                if (file !== undefined && file.size <= LARGEST_FILE) void file.text().then(onText)
              }}
            />
          </label>
        }
        onChange={(event) => onText(event.target.value)}
      />
      <TextField
        label="Its passphrase, if it has one"
        name="key-passphrase"
        type="password"
        autoComplete="off"
        value={passphrase}
        error={errors['passphrase']}
        hint="Used once to read the key, and not kept."
        onChange={(event) => onPassphrase(event.target.value)}
      />
    </>
  )
}
