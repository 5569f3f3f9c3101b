// Side by side, or one under the other.
import { AlignJustify, Columns2 } from 'lucide-react'
import { Segments } from '../../ui/Segments'
import type { DiffViewChoice } from './useDiffView'

export function LayoutChoice({ view }: { view: DiffViewChoice }) {
  if (!view.hasRoom) return null
  return (
    <Segments
      label="Show changes"
      value={view.chosen}
      onChange={view.choose}
      choices={[
        { value: 'split', label: 'Side by side', icon: <Columns2 size={13} />, hideLabel: true },
        { value: 'unified', label: 'One under the other', icon: <AlignJustify size={13} />, hideLabel: true },
      ]}
    />
  )
}
