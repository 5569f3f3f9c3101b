// Asks before something that cannot be taken back, and stays open to say why it was refused.
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { describe } from '../api/problem'
import { Button } from './Button'
import { Dialog } from './Dialog'
import { FormError } from './FormError'

interface ConfirmProps {
  title: string
  children: ReactNode
  /** What the button does, as a verb. */
  action: string
  onConfirm: () => Promise<unknown>
  onClose: () => void
}

export function Confirm({ title, children, action, onConfirm, onClose }: ConfirmProps) {
  const run = useMutation({ mutationFn: onConfirm, onSuccess: onClose })
  return (
    <Dialog title={title} description={children} onClose={onClose}>
      {run.isError && (
        <div className="mt-4">
          <FormError>{describe(run.error)}</FormError>
        </div>
      )}
      <div className="mt-6 flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="danger" disabled={run.isPending} onClick={() => run.mutate()}>
          {action}
        </Button>
      </div>
    </Dialog>
  )
}
