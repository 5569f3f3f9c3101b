// Who one's commits are by.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client, unwrap } from '../../api/client'
import { gitConfigQuery } from '../../api/people'
import { describe, fieldErrors } from '../../api/problem'
import { Button } from '../../ui/Button'
import { TextField } from '../../ui/Field'
import { FormError } from '../../ui/FormError'
import { toast } from '../../ui/toast'

interface Identity {
  userName: string
  userEmail: string
}

export function GitIdentity() {
  const queries = useQueryClient()
  const { data, error } = useQuery(gitConfigQuery)
  const [draft, setDraft] = useState<Identity | null>(null)
  const save = useMutation({
    mutationFn: ({ userName, userEmail }: Identity) =>
      unwrap(client.PUT('/api/git-config', { body: { userName: userName.trim() || null, userEmail: userEmail.trim() || null } })),
    onSuccess: (kept) => {
      queries.setQueryData(gitConfigQuery.queryKey, kept)
      setDraft(null)
      toast('Your name in commits is saved')
    },
  })
  if (data === undefined) return error === null ? <div role="status" aria-label="Loading" className="skeleton h-20 rounded-xl" /> : <p className="text-sm text-err">{describe(error)}</p>
  const saved = { userName: data.userName ?? '', userEmail: data.userEmail ?? '' }
  const shown = draft ?? saved
  const errors = fieldErrors(save.error)
  const change = (part: Partial<Identity>): void => {
    setDraft({ ...shown, ...part })
    save.reset()
  }
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(shown)
      }}
    >
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
        <TextField label="Name in commits" name="git-name" autoComplete="name" value={shown.userName} error={errors['userName']} onChange={(event) => change({ userName: event.target.value })} />
        <TextField label="E-mail in commits" name="git-email" type="email" autoComplete="email" value={shown.userEmail} error={errors['userEmail']} onChange={(event) => change({ userEmail: event.target.value })} />
      </div>
      {save.isError && Object.keys(errors).length === 0 && <FormError>{describe(save.error)}</FormError>}
      <Button type="submit" disabled={draft === null || save.isPending}>
        Save
      </Button>
    </form>
  )
}
