// What the choices of a container mean, in words: for the form that makes one and the page that shows one.
import type { Network, Template } from '../../api/types'

/** The kinds of network that the form offers, from open to closed. */
export const NETWORKS = ['open', 'allowlist', 'git', 'none'] as const satisfies readonly Network[]

export const NETWORK_WORDS: Record<Network, { label: string; hint: string }> = {
  open: { label: 'Open', hint: 'Programs reach the whole internet, and no other session.' },
  allowlist: { label: 'Only listed hosts', hint: 'Programs reach what you list, through a proxy that is set for them. Each connection and each refusal is on record.' },
  git: { label: 'Only the repository', hint: 'Programs reach the host of the repository, and nothing else.' },
  none: { label: 'None', hint: 'Nothing in the session reaches anything outside it.' },
}

export const TEMPLATE_WORDS: Record<Template, { label: string; hint: string }> = {
  shell: { label: 'Plain shell', hint: 'Only the workspace and the home can be written to; both last.' },
  claude: { label: 'Claude Code', hint: 'The same, beginning with Claude Code.' },
  vscode: { label: 'Editor', hint: 'For an image that brings an editor along.' },
  both: { label: 'Claude Code and editor', hint: 'For an image that brings both along.' },
  'writable-root': { label: 'Writable system', hint: 'A plain shell that may change the whole file system, to install packages.' },
}

const LOOSENING_WORDS: Record<string, string> = {
  'writable-root': 'Less closed: the container’s own file system can be written to. What is written outside workspace and home goes when the session stops.',
}

/** What giving up that point of the hardening means. */
export function looseningWords(point: string): string {
  return LOOSENING_WORDS[point] ?? `Less closed: gives up “${point}”.`
}

/** Cores, megabytes and processes as people say them. */
export function resourceWords(cores: number, megabytes: number, processes: number): string {
  return `${cores.toLocaleString('en')} ${cores === 1 ? 'core' : 'cores'}, ${memoryWords(megabytes)}, ${processes.toLocaleString('en')} processes`
}

export function memoryWords(megabytes: number): string {
  return megabytes >= 1024 ? `${(megabytes / 1024).toLocaleString('en', { maximumFractionDigits: 1 })} GB` : `${megabytes} MB`
}
