// One button for each provider that vouches for people here. They are links: the login goes through the provider's own page.
import { KeyRound } from 'lucide-react'
import type { LoginMethods } from '../../api/types'
import { buttonClass } from '../../ui/Button'
import { classes } from '../../ui/classes'
import { providerUrl } from './next'

export function ProviderButtons({ providers, next }: { providers: LoginMethods['oidc']; next: string | undefined }) {
  return (
    <ul className="space-y-2">
      {providers.map((provider) => (
        <li key={provider.id}>
          <a href={providerUrl(provider.url, next)} className={classes(buttonClass('plain'), 'w-full')}>
            <KeyRound size={15} className="text-soft" /> Continue with {provider.name}
          </a>
        </li>
      ))}
    </ul>
  )
}
