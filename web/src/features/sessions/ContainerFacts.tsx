// What a session's container is: made of what, with which limits, and how closed.
import type { Session } from '../../api/types'
import { looseningWords, memoryWords, resourceWords, TEMPLATE_WORDS } from '../creation/container'
import { Fact, FactSection, Facts } from './Facts'

/** Characters of a container's id that `docker` shows. */
const SHORT_ID = 12

export function ContainerFacts({ session }: { session: Session }) {
  const { container, template, image, cpuLimit, memoryLimit, pidsLimit, diskLimit, loosened } = session
  if (session.runtime !== 'docker') return null
  const id = container?.id.slice(0, SHORT_ID)
  return (
    <FactSection title="Container">
      <Facts>
        <Fact name="Image" mono="yes">
          {container?.image ?? image}
        </Fact>
        {id !== undefined && (
          <Fact name="Container" mono="yes">
            {id}
          </Fact>
        )}
        {template != null && <Fact name="Template">{TEMPLATE_WORDS[template].label}</Fact>}
        {cpuLimit != null && memoryLimit != null && pidsLimit != null && (
          <Fact name="At most">{resourceWords(cpuLimit, memoryLimit, pidsLimit)}</Fact>
        )}
        {diskLimit != null && <Fact name="Disk">at most {memoryWords(diskLimit)}</Fact>}
      </Facts>
      {loosened.map((point) => (
        <p key={point} role="note" className="mt-2.5 rounded-lg bg-need-wash px-3 py-2 text-xs text-need text-pretty">
          {looseningWords(point)}
        </p>
      ))}
    </FactSection>
  )
}
