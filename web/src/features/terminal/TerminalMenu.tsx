// The terminal's settings and rarer actions.
import { AArrowDown, AArrowUp, ExternalLink, History, Keyboard, MoreHorizontal, RotateCcw, Search, Trash2 } from 'lucide-react'
import { IconButton } from '../../ui/Button'
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuRule, MenuToggle } from '../../ui/Menu'
import { openHelp } from '../palette/open'
import { changeTerminalPreferences } from './preferences'
import { AUTO_THEME, themes } from './themes'
import { useTerminalPreferences } from './usePreferences'

export interface TerminalMenuProps {
  canDrive: boolean
  /** The agent's terminal belongs to the session and cannot be closed. */
  closable: boolean
  onFind: () => void
  onOpenAlone: (() => void) | null
  /** `null` where nothing is recorded. */
  onReplay: (() => void) | null
  onRestart: () => void
  onClose: () => void
}

const THEME_CHOICES = [
  { value: AUTO_THEME, label: 'Follow the page' },
  ...themes.map((theme) => ({ value: theme.id, label: <Swatch background={theme.colors.background} accent={theme.colors.cursor} title={theme.title} /> })),
]

export function TerminalMenu({ canDrive, closable, onFind, onOpenAlone, onReplay, onRestart, onClose }: TerminalMenuProps) {
  const preferences = useTerminalPreferences()
  return (
    <Menu
      trigger={
        <IconButton label="Terminal menu">
          <MoreHorizontal size={15} />
        </IconButton>
      }
    >
      <MenuItem icon={<Search size={14} />} onSelect={onFind} keys="Ctrl ⇧ F">
        Find
      </MenuItem>
      {onOpenAlone !== null && (
        <MenuItem icon={<ExternalLink size={14} />} onSelect={onOpenAlone}>
          Open in its own window
        </MenuItem>
      )}
      {onReplay !== null && (
        <MenuItem icon={<History size={14} />} onSelect={onReplay}>
          Replay
        </MenuItem>
      )}
      <MenuItem icon={<RotateCcw size={14} />} onSelect={onRestart} disabled={!canDrive}>
        Restart program
      </MenuItem>
      {closable && (
        <MenuItem icon={<Trash2 size={14} />} onSelect={onClose} disabled={!canDrive} tone="danger">
          Close terminal
        </MenuItem>
      )}
      <MenuRule />
      <MenuItem icon={<AArrowUp size={15} />} keep onSelect={() => changeTerminalPreferences({ fontSize: preferences.fontSize + 1 })} keys="Ctrl +">
        Larger letters
      </MenuItem>
      <MenuItem icon={<AArrowDown size={15} />} keep onSelect={() => changeTerminalPreferences({ fontSize: preferences.fontSize - 1 })} keys="Ctrl −">
        Smaller letters
      </MenuItem>
      <MenuRule />
      <MenuLabel>Theme</MenuLabel>
      <MenuChoice value={preferences.theme} choices={THEME_CHOICES} onChange={(theme) => changeTerminalPreferences({ theme })} />
      <MenuRule />
      <MenuToggle checked={preferences.copyOnSelect} onChange={(copyOnSelect) => changeTerminalPreferences({ copyOnSelect })}>
        Copy what is selected
      </MenuToggle>
      <MenuToggle checked={preferences.confirmPaste} onChange={(confirmPaste) => changeTerminalPreferences({ confirmPaste })}>
        Ask before pasting lines
      </MenuToggle>
      <MenuToggle checked={preferences.predictEcho} onChange={(predictEcho) => changeTerminalPreferences({ predictEcho })}>
        Show typing before a slow echo
      </MenuToggle>
      <MenuToggle checked={preferences.screenReader} onChange={(screenReader) => changeTerminalPreferences({ screenReader })}>
        Screen reader support
      </MenuToggle>
      <MenuItem icon={<Keyboard size={14} />} onSelect={openHelp}>
        Keyboard shortcuts
      </MenuItem>
    </Menu>
  )
}

function Swatch({ background, accent, title }: { background: string; accent: string; title: string }) {
  return (
    <span className="flex items-center gap-2">
      <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
        <circle cx="7" cy="7" r="6.5" fill={background} className="stroke-line-strong" />
        <circle cx="7" cy="7" r="2.5" fill={accent} />
      </svg>
      {title}
    </span>
  )
}
