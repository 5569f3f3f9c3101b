// Figures for people.
import { bytes } from '../../ui/time'

export function percent(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} %`
}

/** Megabytes as the API counts them, of 1024 × 1024 bytes. */
export function megabytes(value: number): string {
  return value >= 1024 ? `${(value / 1024).toFixed(1)} GiB` : `${value.toFixed(value < 10 ? 1 : 0)} MiB`
}

export function rate(bytesPerSecond: number): string {
  return `${bytes(bytesPerSecond)}/s`
}
