// What of a session's page stands in its URL: layout, chosen terminal, open panel.

export type SessionLayout = 'split' | 'tabs' | 'full'
export type PanelName = 'details' | 'changes' | 'history' | 'checkpoints' | 'metrics' | 'ports' | 'logs' | 'config'

export interface SessionSearch {
  view?: SessionLayout | undefined
  terminal?: string | undefined
  panel?: PanelName | undefined
  /** The commit or checkpoint that is unfolded. */
  commit?: string | undefined
}

const LAYOUTS: readonly SessionLayout[] = ['split', 'tabs', 'full']
const PANELS: readonly PanelName[] = ['details', 'changes', 'history', 'checkpoints', 'metrics', 'ports', 'logs', 'config']

export function readSessionSearch(search: Record<string, unknown>): SessionSearch {
  const view = LAYOUTS.find((known) => known === search['view'])
  const panel = PANELS.find((known) => known === search['panel'])
  const terminal = search['terminal']
  const commit = search['commit']
  return {
    ...(view === undefined ? {} : { view }),
    ...(typeof terminal === 'string' && /^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/.test(terminal) ? { terminal } : {}),
    ...(panel === undefined ? {} : { panel }),
    ...((panel === 'history' || panel === 'checkpoints') && typeof commit === 'string' && /^[0-9a-f]{40,64}$/.test(commit) ? { commit } : {}),
  }
}
