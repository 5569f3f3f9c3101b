// A small preference of this browser, kept in localStorage under a key.
import { useState } from 'react'

export function useStored(key: string, usual: string): [string, (value: string) => void] {
  const [value, setValue] = useState(() => read(key) ?? usual)
  const store = (next: string): void => {
    setValue(next)
    try {
      localStorage.setItem(key, next)
    } catch {
      // Refused storage: kept as long as the page.
    }
  }
  return [value, store]
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}
