// Work that would be lost with a session, one by one.
import type { FieldError } from '../../api/types'

export function LostWork({ items }: { items: readonly FieldError[] }) {
  return (
    <ul className="scroll-quiet mt-1.5 max-h-48 space-y-0.5 overflow-y-auto text-xs">
      {items.map((item) => (
        <li key={item.field} className="wrap-anywhere">
          <code className="font-mono">{item.field}</code>: {item.message}
        </li>
      ))}
    </ul>
  )
}
