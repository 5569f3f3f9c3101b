// Dark or light: as the system has it, or as chosen here. `public/appearance.js` applies the choice before first paint.

export type AppearanceChoice = 'system' | 'dark' | 'light'
export type Appearance = 'dark' | 'light'

const KEY = 'longhouse.appearance'
const prefersDark = matchMedia('(prefers-color-scheme: dark)')
const listeners = new Set<() => void>()
let choice = load()

prefersDark.addEventListener('change', announce)

export function appearanceChoice(): AppearanceChoice {
  return choice
}

export function appearance(): Appearance {
  if (choice !== 'system') return choice
  return prefersDark.matches ? 'dark' : 'light'
}

export function onAppearance(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function chooseAppearance(next: AppearanceChoice): void {
  choice = next
  try {
    localStorage.setItem(KEY, next)
  } catch {
    // Refused storage: the choice lasts as long as the page.
  }
  announce()
}

export function readChoice(value: string | null): AppearanceChoice {
  return value === 'dark' || value === 'light' ? value : 'system'
}

function announce(): void {
  if (choice === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = choice
  for (const listener of listeners) listener()
}

function load(): AppearanceChoice {
  try {
    return readChoice(localStorage.getItem(KEY))
  } catch {
    return 'system'
  }
}
