// What administrators decide for the whole house, and what holds because of how the server was started.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { client, unwrap } from '../api/client'
import { settingsQuery } from '../api/people'
import { describe } from '../api/problem'
import type { ServerSettings } from '../api/types'
import { Fact, Facts } from '../features/sessions/Facts'
import { OrphanedVolumes } from '../features/settings/OrphanedVolumes'
import { RetentionField } from '../features/settings/RetentionField'
import { Button } from '../ui/Button'
import { Notice } from '../ui/Notice'
import { Panel, Section } from '../ui/Section'
import { Switch } from '../ui/Switch'
import { toast } from '../ui/toast'
import { useTitle } from '../ui/useTitle'
import { PendingPage } from './PendingPage'

export function SettingsPage() {
  const queries = useQueryClient()
  const { data: settings, error, refetch } = useQuery(settingsQuery)
  const save = useMutation({
    mutationFn: (policy: Pick<ServerSettings, 'auditCommandLines' | 'auditRetentionDays'>) => unwrap(client.PATCH('/api/settings', { body: policy })),
    onSuccess: (changed) => queries.setQueryData(settingsQuery.queryKey, changed),
    onError: (failure) => toast(describe(failure), 'error'),
  })
  useTitle('Settings')
  if (settings === undefined) {
    return error === null ? (
      <PendingPage />
    ) : (
      <Notice title="The settings could not be read" actions={<Button onClick={() => void refetch()}>Try again</Button>}>
        {describe(error)}
      </Notice>
    )
  }
  const policy = { auditCommandLines: settings.auditCommandLines, auditRetentionDays: settings.auditRetentionDays }
  // What was just asked for is shown while it is on its way.
  const wanted = save.isPending ? save.variables : policy
  return (
    <div className="-mt-7">
      <Section title="Policy" lead="Holds for everybody, from now on.">
        <Panel>
          <div className="px-4 py-3.5">
            <Switch
              label="Keep typed command lines in the audit"
              hint="What people type into terminals may hold passwords. Tell them before you switch this on."
              checked={wanted.auditCommandLines}
              disabled={save.isPending}
              onChange={(auditCommandLines) => save.mutate({ ...policy, auditCommandLines })}
            />
          </div>
          <div className="px-4 py-3.5">
            <RetentionField
              days={wanted.auditRetentionDays}
              archive={settings.effective.auditArchive}
              disabled={save.isPending}
              onChange={(auditRetentionDays) => save.mutate({ ...policy, auditRetentionDays })}
            />
          </div>
        </Panel>
      </Section>
      <Section title="Volumes nobody owns" lead="Left of sessions in containers that this server does not remember. They may hold work.">
        <OrphanedVolumes />
      </Section>
      <Section title="This server" lead="Set by longhouse.toml, the environment and the command line; changed by a restart.">
        <Effective facts={settings.effective} />
      </Section>
    </div>
  )
}

function Effective({ facts }: { facts: ServerSettings['effective'] }) {
  return (
    <Facts>
      <Fact name="Version">{facts.version}</Fact>
      <Fact name="Listens on" mono="yes">
        {facts.listen}
      </Fact>
      <Fact name="Reached by">{facts.scheme === 'https' ? 'HTTPS' : 'plain HTTP'}</Fact>
      <Fact name="Public address" mono="yes">
        {facts.publicUrl ?? '—'}
      </Fact>
      <Fact name="Trusted proxies" mono="yes">
        {facts.trustedProxies.length === 0 ? '—' : facts.trustedProxies.join(', ')}
      </Fact>
      <Fact name="Database">{facts.database}</Fact>
    </Facts>
  )
}
