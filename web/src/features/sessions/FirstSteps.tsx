// The empty dashboard: teaches what a session is and leads to the first one.
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { MonitorSmartphone, Plus, SquareSplitHorizontal, Unplug } from 'lucide-react'
import type { ReactNode } from 'react'
import { meQuery } from '../../api/people'
import { configQuery } from '../../api/queries'
import { buttonClass } from '../../ui/Button'
import { Copyable } from '../../ui/Copyable'
import { Logo } from '../../ui/Logo'
import { Notice } from '../../ui/Notice'
import { whyNoSession } from '../creation/mayCreate'

const POINTS: readonly { icon: ReactNode; title: string; text: string }[] = [
  {
    icon: <SquareSplitHorizontal size={17} />,
    title: 'An agent and a shell, side by side',
    text: 'Every session has a working directory, a terminal for the agent and one for you.',
  },
  {
    icon: <Unplug size={17} />,
    title: 'Close the tab, it goes on',
    text: 'Programs live on the server. They outlast the browser, the network and the server’s own restart.',
  },
  {
    icon: <MonitorSmartphone size={17} />,
    title: 'Come back from anywhere',
    text: 'Open the same terminal on another machine or on your phone, at the same byte.',
  },
]

export function FirstSteps() {
  const { data: me } = useQuery(meQuery)
  const { data: config } = useQuery(configQuery)
  if (me === undefined || config === undefined) return null
  return whyNoSession(me, config) === null ? <Invitation /> : <Patience />
}

/** For those who cannot make a session themselves. */
function Patience() {
  return (
    <Notice icon={<Logo size={44} />} title="Nothing is shared with you yet">
      When somebody shares a session with you, it appears here by itself.
    </Notice>
  )
}

function Invitation() {
  return (
    <div className="mx-auto max-w-xl pt-8 pb-16 sm:pt-14">
      <Logo size={52} />
      <h2 className="mt-5 text-xl font-semibold tracking-tight">The house is empty. Start the first session.</h2>
      <ul className="mt-6 space-y-4">
        {POINTS.map((point) => (
          <li key={point.title} className="flex gap-3.5">
            <span className="mt-0.5 grid size-8 shrink-0 place-items-center rounded-lg border border-line bg-surface text-ember">{point.icon}</span>
            <span>
              <span className="block text-sm font-medium">{point.title}</span>
              <span className="block text-sm text-soft text-pretty">{point.text}</span>
            </span>
          </li>
        ))}
      </ul>
      <div className="mt-7 flex flex-wrap items-center gap-3">
        <Link to="/new" className={buttonClass('primary')}>
          <Plus size={16} /> New session
        </Link>
        <span className="text-xs text-faint">or from a shell:</span>
        <div className="min-w-0">
          <Copyable text="longhouse session new" label="the command" />
        </div>
      </div>
    </div>
  )
}
