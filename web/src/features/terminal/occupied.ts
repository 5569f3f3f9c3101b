// Whether the keyboard is somebody's already. A terminal that has just appeared takes it only where that disturbs nobody: its
// letters and its connection may come long after somebody has opened a dialog above it and begun to write.

const TAKEN = 'input, select, textarea:not(.xterm-helper-textarea), [contenteditable], [role="dialog"], [role="alertdialog"], [role="menu"]'

/** `active` is the element that has the focus. Another terminal is none that keeps it: whoever opens a new one wants to type there. */
export function isOccupied(active: Pick<Element, 'closest'> | null): boolean {
  return active?.closest(TAKEN) != null
}
