// A modal dialog on Radix: focus stays inside, Escape closes, the page behind is hidden from screen readers.
import * as Radix from '@radix-ui/react-dialog'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from './Button'
import { classes } from './classes'

interface DialogProps {
  title: string
  description?: ReactNode
  onClose: () => void
  children?: ReactNode
  width?: 'narrow' | 'wide'
}

export function Dialog({ title, description, onClose, children, width = 'narrow' }: DialogProps) {
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[#050706]/50 backdrop-blur-[2px]" />
        <Radix.Content
          className={classes(
            'fixed top-[5vh] left-1/2 z-50 max-h-[90dvh] sm:top-[12vh] sm:max-h-[80dvh] w-[calc(100vw-2rem)] -translate-x-1/2 overflow-y-auto rounded-xl',
            'border border-line-strong bg-raised p-5 shadow-pop focus:outline-none motion-safe:animate-rise',
            width === 'narrow' ? 'max-w-md' : 'max-w-xl',
          )}
        >
          <Radix.Title className="pr-8 text-lg font-semibold tracking-tight">{title}</Radix.Title>
          <Radix.Description asChild>
            <div className="mt-1 text-sm text-soft">{description}</div>
          </Radix.Description>
          {children}
          {/* Last, so that the focus begins at what the dialog is about. */}
          <Radix.Close asChild>
            <IconButton label="Close" className="absolute top-4 right-3.5">
              <X size={16} />
            </IconButton>
          </Radix.Close>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
