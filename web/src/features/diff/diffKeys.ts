// The keys of a list of diffs: j and k lead to the next file and the one before, n and p to changes.
import type { KeyboardEvent } from 'react'

const WAYS: Partial<Record<string, { what: string; by: number }>> = {
  j: { what: '[data-file-head]', by: 1 },
  k: { what: '[data-file-head]', by: -1 },
  n: { what: '[data-change]', by: 1 },
  p: { what: '[data-change]', by: -1 },
}

export function diffKeys(event: KeyboardEvent<HTMLElement>): void {
  const way = WAYS[event.key]
  if (way === undefined || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return
  event.preventDefault()
  const places = [...event.currentTarget.querySelectorAll<HTMLElement>(way.what)]
  const here = document.activeElement
  const isBehind = (place: HTMLElement): boolean => here !== null && (here.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING) > 0
  const isBefore = (place: HTMLElement): boolean => here !== null && (here.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_PRECEDING) > 0
  const next = way.by > 0 ? places.find(isBehind) : places.findLast((place) => isBefore(place) && !place.contains(here))
  next?.focus()
  next?.scrollIntoView({ block: way.what === '[data-change]' ? 'start' : 'nearest' })
}

function isWriting(target: EventTarget): boolean {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type !== 'checkbox')
}
