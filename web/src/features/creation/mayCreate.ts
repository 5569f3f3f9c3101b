// Whether somebody may make a session here at all, and with which runtimes. The server decides; this spares people a form
// that it would refuse.
import type { Account, ServerConfig } from '../../api/types'

type Who = Pick<Account, 'role' | 'mayUseHost'>

/** The runtimes that are there and open to this person. */
export function runtimesFor(who: Who, config: Pick<ServerConfig, 'runtimes'>): ServerConfig['runtimes'] {
  return config.runtimes.filter((runtime) => runtime.available && (runtime.name !== 'host' || who.mayUseHost))
}

/** Why there is no form for them; `null` when there is. */
export function whyNoSession(who: Who, config: Pick<ServerConfig, 'runtimes'>): string | null {
  if (who.role === 'viewer') return 'As a viewer you look at what others share with you. To work in sessions of your own, ask an administrator to make you a member.'
  if (runtimesFor(who, config).length > 0) return null
  return who.mayUseHost
    ? 'No runtime is available on this server at the moment.'
    : 'Sessions here run on the machine itself, and that needs a permission. Ask an administrator for it.'
}
