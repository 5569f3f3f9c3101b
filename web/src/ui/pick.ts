// How a small select in a row of filters looks.

export const PICK = 'h-8 min-w-0 rounded-lg border border-line-strong bg-surface px-2.5 text-xs text-soft hover:text-text coarse:h-10 coarse:text-[16px]'
