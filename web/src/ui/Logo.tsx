// The mark: a gable with crossed boards, and the hearth inside.

export function Logo({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="3 3 26 25" fill="none" aria-hidden="true">
      <path d="M5 19.2 18.6 5.4M27 19.2 13.4 5.4" stroke="currentColor" strokeWidth="2.3" strokeLinecap="round" />
      <path d="M8.2 17v8.6h15.6V17" stroke="currentColor" strokeWidth="2.3" strokeLinecap="round" strokeLinejoin="round" />
      <path
        className="fill-ember"
        d="M16 13.6c2.1 2.2 3.5 3.9 3.5 6a3.5 3.5 0 0 1-7 0c0-1.2.6-2.2 1.4-3 .2.8.6 1.2 1.1 1.4-.3-1.7.1-3.2 1-4.4z"
      />
    </svg>
  )
}
