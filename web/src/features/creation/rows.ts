// How the fields of a table's rows look.

export const ROW_INPUT =
  'min-w-0 rounded-md border border-line-strong bg-surface px-2.5 py-1.5 font-mono text-xs leading-4.5 focus:border-ember focus:outline-none coarse:min-h-10 coarse:text-[16px]'
