// A small tile that tells agents apart at a glance: own marks, not the makers' logos.
import { Bot, Braces, SquareTerminal } from 'lucide-react'
import type { ReactNode } from 'react'

const TITLES: Record<string, string> = { claude: 'Claude Code', codex: 'Codex', opencode: 'OpenCode', droid: 'Droid', shell: 'Shell' }

export function agentTitle(agent: string): string {
  return TITLES[agent] ?? agent
}

export function AgentIcon({ agent, size = 28 }: { agent: string; size?: number }) {
  return (
    <span
      aria-hidden="true"
      className="grid shrink-0 place-items-center rounded-[28%] border border-line bg-side text-soft"
      style={{ width: size, height: size }}
    >
      {glyph(agent, Math.round(size * 0.54))}
    </span>
  )
}

function glyph(agent: string, size: number): ReactNode {
  switch (agent) {
    case 'shell':
      return <SquareTerminal size={size} strokeWidth={1.75} />
    case 'droid':
      return <Bot size={size} strokeWidth={1.75} />
    case 'opencode':
      return <Braces size={size} strokeWidth={1.75} />
    case 'claude':
      return (
        <svg width={size} height={size} viewBox="0 0 16 16" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round">
          <path d="M8 1.8v12.4M1.8 8h12.4M3.6 3.6l8.800 8.800M12.400 3.600l-8.800 8.800" />
        </svg>
      )
    case 'codex':
      return (
        <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round">
          <path d="M8 1.600 13.600 4.800v6.400L8 14.400l-5.600-3.200V4.800zM5.600 6.400 8 8l-2.400 1.600M8.800 10h2" strokeLinecap="round" />
        </svg>
      )
    default:
      return <span style={{ fontSize: size * 0.8 }} className="font-semibold uppercase">{agent.slice(0, 1)}</span>
  }
}
