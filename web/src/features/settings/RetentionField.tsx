// How long the audit log is kept at hand: one of a few usual times, or for ever.
import type { ServerSettings } from '../../api/types'

interface RetentionFieldProps {
  days: ServerSettings['auditRetentionDays']
  archive: string | null
  disabled: boolean
  onChange: (days: number | null) => void
}

const USUAL: readonly number[] = [30, 90, 180, 365, 730, 3650]

export function RetentionField({ days, archive, disabled, onChange }: RetentionFieldProps) {
  const offered = days === null || USUAL.includes(days) ? USUAL : [...USUAL, days].toSorted((a, b) => a - b)
  return (
    <label className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
      <span className="min-w-0">
        <span className="block text-sm font-medium">Keep the audit log at hand</span>
        <span className="mt-0.5 block text-xs text-faint text-pretty">
          {archive === null ? 'What is older is moved into an archive file.' : `What is older is moved to ${archive}.`}
        </span>
      </span>
      <select
        aria-label="Keep the audit log at hand"
        disabled={disabled}
        value={days ?? 'ever'}
        onChange={(event) => onChange(event.target.value === 'ever' ? null : Number(event.target.value))}
        className="h-8 rounded-lg border border-line-strong bg-surface px-2.5 text-sm coarse:h-10 coarse:text-[16px]"
      >
        <option value="ever">for ever</option>
        {offered.map((choice) => (
          <option key={choice} value={choice}>
            {durationWord(choice)}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Whole years in years, everything else in days. */
export function durationWord(days: number): string {
  if (days % 365 !== 0) return days === 1 ? 'a day' : `${days} days`
  return days === 365 ? 'a year' : `${days / 365} years`
}
