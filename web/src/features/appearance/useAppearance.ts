// The appearance as React values.
import { useSyncExternalStore } from 'react'
import { appearance, appearanceChoice, onAppearance } from './appearance'
import type { Appearance, AppearanceChoice } from './appearance'

export function useAppearance(): Appearance {
  return useSyncExternalStore(onAppearance, appearance)
}

export function useAppearanceChoice(): AppearanceChoice {
  return useSyncExternalStore(onAppearance, appearanceChoice)
}
