// Letters that hide, reorder or break what stands beside them, made visible: a diff shows what is really there. Pure.

// Control characters other than tab, what turns the direction of writing, and what has no width.
// oxlint-disable-next-line no-control-regex
const HIDDEN = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g

export function visible(text: string): string {
  return text.replace(HIDDEN, (letter) => `⟨U+${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`)
}
