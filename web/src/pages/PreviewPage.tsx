// The way to a preview: asks for a ticket and goes on with it. A preview's own address leads here when it does not know its visitor.
import { useQuery } from '@tanstack/react-query'
import { Link, getRouteApi } from '@tanstack/react-router'
import { useEffect } from 'react'
import { client, unwrap } from '../api/client'
import { describe } from '../api/problem'
import { Button, buttonClass } from '../ui/Button'
import { Notice } from '../ui/Notice'
import { PendingPage } from './PendingPage'

const route = getRouteApi('/_authed/preview/$id/$port')

export function PreviewPage() {
  const { id, port } = route.useParams()
  const { path } = route.useSearch()
  const { data, error, refetch } = useQuery({
    queryKey: ['preview', id, port, path],
    queryFn: () =>
      unwrap(client.POST('/api/sessions/{id}/ports/{port}/preview', { params: { path: { id, port: Number(port) } }, body: { path: path ?? null } })),
    // A ticket is good once, and soon no more.
    staleTime: 0,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
  const url = data?.url
  useEffect(() => {
    if (url !== undefined) window.location.replace(url)
  }, [url])
  if (error === null) return <PendingPage />
  return (
    <Notice
      room="page"
      title="This preview does not open"
      actions={
        <>
          <Button onClick={() => void refetch()}>Try again</Button>
          <Link to="/" className={buttonClass('plain')}>
            To the sessions
          </Link>
        </>
      }
    >
      {describe(error)}
    </Notice>
  )
}
