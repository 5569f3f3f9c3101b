// Who is logged in, as a React value.
import { useSyncExternalStore } from 'react'
import { auth } from '../../api/browserAuth'
import type { User } from '../../api/types'

export function useUser(): User | null {
  const state = useSyncExternalStore(auth.subscribe, auth.state)
  return state.kind === 'signedIn' ? state.user : null
}
