// What the session's programs listen on, with the way to see it.
import { ExternalLink, Link2, Network, Radio } from 'lucide-react'
import type { Port, Session } from '../../api/types'
import { IconButton, buttonClass } from '../../ui/Button'
import { Notice } from '../../ui/Notice'
import { copyText } from '../../ui/clipboard'

export function PortsPanel({ session }: { session: Session }) {
  if (session.ports.length === 0) {
    return (
      <Notice icon={<Radio size={30} />} title="Nothing listens yet">
        {session.status === 'running'
          ? 'Start a server in a terminal, on localhost or on all addresses, and its port appears here within seconds.'
          : 'Ports appear here while the session runs.'}
      </Notice>
    )
  }
  const drives = session.access !== 'view'
  return (
    <div className="p-3">
      <ul aria-label="Ports" className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface">
        {session.ports.map((port) => (
          <PortRow key={port.container} session={session} port={port} drives={drives} />
        ))}
      </ul>
      <p className="mt-2.5 px-1 text-xs text-faint text-pretty">
        {drives
          ? 'A preview opens for whoever may drive this session, at an address of its own. Your login never goes to the program.'
          : 'To open a preview takes the right to drive this session.'}
      </p>
    </div>
  )
}

function PortRow({ session, port, drives }: { session: Session; port: Port; drives: boolean }) {
  const { url } = port
  return (
    <li className="flex items-center gap-2 px-3 py-2">
      <div className="min-w-0 flex-1">
        <span className="font-mono text-sm font-medium tabular-nums">{port.container}</span>
        <span className="ml-2 text-xs text-soft">{port.listening ? (port.process ?? 'unknown process') : 'nothing listens there now'}</span>
        {port.published && <Published port={port} />}
        {url == null && <p className="text-2xs text-faint">No preview: the administrator sets preview_host.</p>}
      </div>
      {port.address != null && (
        <IconButton label={`Copy the address of port ${port.container} on the server’s machine`} onClick={() => void copyText(port.address ?? '', 'Address')}>
          <Network size={15} />
        </IconButton>
      )}
      {url != null && drives && port.listening && (
        <>
          <IconButton label={`Copy the address of port ${port.container}`} onClick={() => void copyText(url, 'Address')}>
            <Link2 size={15} />
          </IconButton>
          <a href={`/preview/${session.id}/${port.container}`} target="_blank" rel="noopener" className={buttonClass('plain')}>
            Open
            <ExternalLink size={13} aria-hidden="true" />
            <span className="sr-only">the preview of port {port.container}</span>
          </a>
        </>
      )}
    </li>
  )
}

/** Where the port is reached on the server's machine, by whoever reaches that address. */
function Published({ port }: { port: Port }) {
  return (
    <p className="text-2xs text-soft">
      {port.address == null ? (
        <span className="text-need">Not published now: another program has port {port.host} of the server’s machine.</span>
      ) : (
        <>
          On the server’s machine at <code className="font-mono">{port.address}</code>, without a login
        </>
      )}
    </p>
  )
}
