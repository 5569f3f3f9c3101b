// What was done in this house, by whom, to what, from where, and with what result.
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { useState } from 'react'
import { getText } from '../api/client'
import { usersQuery } from '../api/people'
import { describe } from '../api/problem'
import { AuditFilters } from '../features/audit/AuditFilters'
import { AuditList } from '../features/audit/AuditList'
import { auditExportPath, auditFilters, readAuditSearch } from '../features/audit/auditSearch'
import type { AuditSearch } from '../features/audit/auditSearch'
import { VerifyButton } from '../features/audit/VerifyButton'
import { ACTIONS } from '../features/audit/actions'
import { Button } from '../ui/Button'
import { saveFile } from '../ui/saveFile'
import { toast } from '../ui/toast'
import { useTitle } from '../ui/useTitle'

const route = getRouteApi('/_authed/_shell/admin/audit')

export function AuditPage() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/admin/audit' })
  const { data: users = [] } = useQuery(usersQuery)
  const [live, setLive] = useState(true)
  useTitle('Audit')
  const change = (next: Partial<Record<keyof AuditSearch, string>>): void => {
    void navigate({ search: (now) => readAuditSearch({ ...now, ...next }), replace: true })
  }
  const clear = (): void => void navigate({ search: {}, replace: true })
  return (
    <>
      <AuditFilters search={search} actors={users.map((user) => user.username)} actions={ACTIONS} onChange={change}>
        <label className="flex items-center gap-1.5 text-xs text-soft">
          <input type="checkbox" className="accent-ember" checked={live} onChange={(event) => setLive(event.target.checked)} />
          Live
        </label>
        <VerifyButton />
        <Button size="small" onClick={() => void download(search)}>
          <Download size={13} /> Export
        </Button>
      </AuditFilters>
      <Asked key={JSON.stringify(search)} search={search} live={live ? 'live' : 'still'} onClear={clear} />
    </>
  )
}

/** "The last hour" is meant from the moment at which it was asked for, so that the pages of one list fit together. */
function Asked({ search, live, onClear }: { search: AuditSearch; live: 'live' | 'still'; onClear: () => void }) {
  const [filters] = useState(() => auditFilters(search, Date.now()))
  return <AuditList filters={filters} live={live} onClear={onClear} />
}

async function download(search: AuditSearch): Promise<void> {
  try {
    const text = await getText(auditExportPath(search, Date.now()))
    saveFile(`longhouse-audit-${new Date().toISOString().slice(0, 10)}.jsonl`, 'application/x-ndjson', text)
  } catch (error) {
    toast(describe(error), 'error')
  }
}
