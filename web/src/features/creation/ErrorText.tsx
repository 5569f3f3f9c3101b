// What is wrong with a group of fields that have no frame of their own to say it.
export function ErrorText({ children }: { children: string | undefined }) {
  if (children === undefined) return null
  return (
    <p role="alert" className="mt-1.5 text-xs text-err">
      {children}
    </p>
  )
}
