// Volumes of sessions that nobody remembers: what they are, when they go by themselves, and a way to remove them now.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client, unwrap } from '../../api/client'
import { volumesQuery } from '../../api/people'
import { describe } from '../../api/problem'
import type { OrphanedVolume } from '../../api/types'
import { Ago } from '../../ui/Ago'
import { Button } from '../../ui/Button'
import { Confirm } from '../../ui/Confirm'
import { Notice } from '../../ui/Notice'
import { Panel } from '../../ui/Section'
import { toast } from '../../ui/toast'

export function OrphanedVolumes() {
  const { data: volumes, error, refetch } = useQuery(volumesQuery)
  const [removing, setRemoving] = useState<OrphanedVolume | null>(null)
  if (volumes === undefined) {
    if (error === null) return <p className="text-sm text-faint">Looking…</p>
    return (
      <Notice title="The volumes could not be listed" actions={<Button onClick={() => void refetch()}>Try again</Button>}>
        {describe(error)}
      </Notice>
    )
  }
  if (volumes.length === 0) return <p className="text-sm text-soft">There are none: every volume belongs to a session.</p>
  return (
    <>
      <Panel>
        {volumes.map((volume) => (
          <VolumeRow key={volume.name} volume={volume} onRemove={() => setRemoving(volume)} />
        ))}
      </Panel>
      {removing !== null && <RemoveDialog volume={removing} onClose={() => setRemoving(null)} />}
    </>
  )
}

function VolumeRow({ volume, onRemove }: { volume: OrphanedVolume; onRemove: () => void }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3.5">
      <div className="min-w-0">
        <p className="truncate font-mono text-xs">{volume.name}</p>
        <p className="mt-1 text-xs text-faint">
          {volume.owner !== null && volume.owner !== undefined && <>a session of {volume.owner}, </>}
          found <Ago at={volume.foundAt} />
          {volume.removalAt === null || volume.removalAt === undefined ? ', kept for ever' : `, kept until ${new Date(volume.removalAt).toLocaleDateString()}`}
        </p>
      </div>
      <Button look="danger" onClick={onRemove} aria-label={`Remove ${volume.name}`}>
        Remove
      </Button>
    </div>
  )
}

function RemoveDialog({ volume, onClose }: { volume: OrphanedVolume; onClose: () => void }) {
  const queries = useQueryClient()
  const remove = async () => {
    await unwrap(client.DELETE('/api/volumes/{id}', { params: { path: { id: volume.name } } }))
    toast('The volume is removed')
    await queries.invalidateQueries({ queryKey: volumesQuery.queryKey })
  }
  return (
    <Confirm title="Remove this volume?" action="Remove it" onConfirm={remove} onClose={onClose}>
      Everything in {volume.name} is lost. This cannot be undone.
    </Confirm>
  )
}
