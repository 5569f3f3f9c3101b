// Why git did not do what was asked, and what one can do next. It stays until somebody does that, or puts it aside.
import { CircleAlert, X } from 'lucide-react'
import { Button, IconButton } from '../../ui/Button'
import type { Failure, NextStep } from './failures'

/** The most files that are named. */
const NAMED = 5

interface FailureNoteProps {
  failure: Failure
  onStep: (step: NextStep) => void
  onForget: () => void
}

export function FailureNote({ failure, onStep, onForget }: FailureNoteProps) {
  return (
    <div role="alert" className="flex gap-2.5 border-b border-line bg-err-wash py-2 pr-1.5 pl-3 text-xs text-err">
      <CircleAlert size={14} className="mt-px shrink-0" />
      <div className="min-w-0 flex-1">
        <p className="wrap-anywhere text-pretty first-letter:uppercase">{failure.text}</p>
        {failure.items.length > 0 && (
          <ul className="mt-1 list-disc pl-4">
            {failure.items.slice(0, NAMED).map((item) => (
              <li key={item} className="wrap-anywhere">
                {item}
              </li>
            ))}
            {failure.items.length > NAMED && <li>and {failure.items.length - NAMED} more</li>}
          </ul>
        )}
        {failure.steps.length > 0 && (
          <div className="mt-2 mb-0.5 flex flex-wrap gap-1.5">
            {failure.steps.map((step) => (
              <Button key={step.label} size="small" onClick={() => onStep(step)}>
                {step.label}
              </Button>
            ))}
          </div>
        )}
      </div>
      <IconButton label="Put this aside" onClick={onForget}>
        <X size={14} />
      </IconButton>
    </div>
  )
}
