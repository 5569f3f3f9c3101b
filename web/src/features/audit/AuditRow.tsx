// One entry of the audit: a line, and everything that is known when it is opened.
import { ChevronRight, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import type { AuditEntry, AuditOutcome } from '../../api/types'
import { classes } from '../../ui/classes'
import { Fact, Facts } from '../sessions/Facts'
import { detailRows } from './entries'

const OUTCOME_WORDS: Record<AuditOutcome, string> = { ok: 'done', denied: 'denied', failed: 'failed' }
const OUTCOME_LOOKS: Record<AuditOutcome, string> = { ok: 'text-faint', denied: 'text-need font-medium', failed: 'text-err font-medium' }

export function AuditRow({ entry }: { entry: AuditEntry }) {
  const at = new Date(entry.at)
  return (
    <li data-audit={entry.action} className="border-b border-line [contain-intrinsic-size:auto_2.25rem] [content-visibility:auto] last:border-0">
      <details className="group/entry">
        <summary className="grid list-none grid-cols-[auto_minmax(0,1fr)_auto] items-baseline gap-x-3 px-3 py-2 text-xs select-none hover:bg-hover md:grid-cols-[auto_4.5rem_7rem_12rem_minmax(0,1fr)_4rem] [&::-webkit-details-marker]:hidden">
          <ChevronRight size={13} className="self-center text-faint transition-transform group-open/entry:rotate-90" />
          <time dateTime={entry.at} title={at.toLocaleString()} className="text-faint tabular-nums max-md:col-start-3 max-md:row-start-2">
            {at.toLocaleTimeString(undefined, { hour12: false })}
          </time>
          {/* On a phone who and what share the second line. */}
          <span className="min-w-0 truncate max-md:col-start-2 max-md:row-start-2 md:contents">
            <span className={classes('md:truncate', entry.actor.kind === 'user' ? 'font-medium' : 'text-soft')}>
              <ActorName actor={entry.actor} />
            </span>
            <code className="hidden truncate font-mono text-2xs md:block">{entry.action}</code>
            <span className="text-soft max-md:ml-2 md:truncate">{targetName(entry)}</span>
          </span>
          <code className="truncate font-mono text-2xs max-md:col-start-2 max-md:row-start-1 md:hidden">{entry.action}</code>
          <span className={classes('text-right max-md:col-start-3 max-md:row-start-1', OUTCOME_LOOKS[entry.outcome])}>
            {entry.severity === 'critical' && <TriangleAlert size={11} className="mr-1 inline text-err" aria-label="critical" />}
            {OUTCOME_WORDS[entry.outcome]}
          </span>
        </summary>
        <Details entry={entry} />
      </details>
    </li>
  )
}

function ActorName({ actor }: { actor: AuditEntry['actor'] }): ReactNode {
  return actor.kind === 'token' ? `${actor.name} (token)` : actor.name
}

function targetName({ target }: AuditEntry): string {
  if (target === null) return ''
  return target.name === '' ? `${target.kind} ${target.id ?? ''}` : target.name
}

function Details({ entry }: { entry: AuditEntry }) {
  const rows = detailRows(entry.detail)
  return (
    <div className="bg-side px-4 py-3 md:pl-9">
      <Facts>
        <Fact name="When">{new Date(entry.at).toLocaleString()}</Fact>
        <Fact name="From">{entry.address === '' ? 'this machine' : entry.address}</Fact>
        {entry.actor.id !== null && (
          <Fact name="Actor" mono="yes">
            {entry.actor.kind} {entry.actor.id}
          </Fact>
        )}
        {entry.target !== null && (
          <Fact name="Object" mono="yes">
            {entry.target.kind} {entry.target.id ?? entry.target.name}
          </Fact>
        )}
        {rows.map(([name, value]) => (
          <Fact key={name} name={name} mono="yes">
            {value}
          </Fact>
        ))}
        {entry.requestId !== '' && (
          <Fact name="Request" mono="yes">
            {entry.requestId}
          </Fact>
        )}
        <Fact name="Place in the log" mono="yes">
          {entry.seq}
        </Fact>
        <Fact name="Hash" mono="yes">
          {entry.hash}
        </Fact>
      </Facts>
    </div>
  )
}
