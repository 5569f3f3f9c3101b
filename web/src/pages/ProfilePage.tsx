// One's own account: who one is here, the password, where one is logged in, and keys for programs.
import { useQuery } from '@tanstack/react-query'
import { meQuery } from '../api/people'
import { describe } from '../api/problem'
import type { Account } from '../api/types'
import { LoginsSection } from '../features/account/LoginsSection'
import { PasswordSection } from '../features/account/PasswordSection'
import { SignInsSection } from '../features/account/SignInsSection'
import { GitIdentity } from '../features/account/GitIdentity'
import { GitTokensSection } from '../features/account/GitTokensSection'
import { KnownHostsSection } from '../features/account/KnownHostsSection'
import { SshKeysSection } from '../features/account/SshKeysSection'
import { TokensSection } from '../features/account/TokensSection'
import { Fact, Facts } from '../features/sessions/Facts'
import { ROLES, roleWord } from '../features/users/roles'
import { Avatar } from '../ui/Avatar'
import { Button } from '../ui/Button'
import { Notice } from '../ui/Notice'
import { PageHead, Section } from '../ui/Section'
import { useTitle } from '../ui/useTitle'
import { PendingPage } from './PendingPage'

export function ProfilePage() {
  const { data: me, error, refetch } = useQuery(meQuery)
  useTitle('Profile')
  if (me === undefined) {
    return error === null ? (
      <PendingPage />
    ) : (
      <Notice title="Your account could not be read" actions={<Button onClick={() => void refetch()}>Try again</Button>}>
        {describe(error)}
      </Notice>
    )
  }
  return (
    <div className="mx-auto max-w-4xl px-4 py-5 sm:px-8 sm:py-7">
      <PageHead title="Profile" lead="Your account in this house" />
      <Section title="Account" lead={ROLES.find((role) => role.value === me.role)?.hint}>
        <AccountFacts me={me} />
      </Section>
      {me.hasPassword && (
        <Section title="Password" lead="Changing it logs out every other device.">
          <PasswordSection username={me.username} />
        </Section>
      )}
      <LoginsSection username={me.username} hasPassword={me.hasPassword} />
      <Section title="Signed in" lead="Each browser and program that is logged in as you. End what you do not know.">
        <SignInsSection />
      </Section>
      <Section title="Git" lead="Who commits are by in sessions that you create from now on, unless one says otherwise.">
        <GitIdentity />
      </Section>
      <Section title="SSH keys" lead="Your sessions log in with them to the repository’s host. The private half is sealed, never shown again, and never enters a session.">
        <SshKeysSection />
      </Section>
      <Section title="Known hosts" lead="Hosts that your sessions spoke with over SSH, by the key that each showed first. The big forges are known by the keys that they publish.">
        <KnownHostsSection />
      </Section>
      <Section title="Git tokens" lead="Your sessions log in with them to the repository’s host over HTTPS. Sealed, and never shown again.">
        <GitTokensSection />
      </Section>
      <Section title="API tokens" lead="For scripts and programs. A token never may more than you do.">
        <TokensSection />
      </Section>
    </div>
  )
}

function AccountFacts({ me }: { me: Pick<Account, 'username' | 'role' | 'mayUseHost' | 'createdAt'> }) {
  return (
    <div className="flex items-start gap-4">
      <Avatar name={me.username} tone="ember" />
      <div className="min-w-0 flex-1 pt-0.5">
        <p className="mb-2 truncate font-semibold">{me.username}</p>
        <Facts>
          <Fact name="Role">{roleWord(me.role)}</Fact>
          <Fact name="This machine">{me.mayUseHost ? 'Your sessions may run on it directly' : 'Your sessions run in containers only'}</Fact>
          <Fact name="Here since">{new Date(me.createdAt).toLocaleDateString()}</Fact>
        </Facts>
      </div>
    </div>
  )
}
