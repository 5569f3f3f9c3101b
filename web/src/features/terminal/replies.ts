// A terminal answers questions of the program ("which terminal are you?", "which background colour?"). Of many viewers
// only the driver may answer, and nobody may answer questions that stand in the history: the program asked long ago and
// would take the answer for typing. This guard swallows such questions before xterm.js sees them.
import type { IDisposable, Terminal } from '@xterm/xterm'

/** Loads the guard; `mayAnswer` is asked at the moment a question is parsed. */
export function guardReplies(terminal: Terminal, mayAnswer: () => boolean): IDisposable {
  const swallow = (): boolean => !mayAnswer()
  const parser = terminal.parser
  const guards = [
    parser.registerCsiHandler({ final: 'c' }, swallow),
    parser.registerCsiHandler({ prefix: '>', final: 'c' }, swallow),
    parser.registerCsiHandler({ prefix: '=', final: 'c' }, swallow),
    parser.registerCsiHandler({ prefix: '>', final: 'q' }, swallow),
    parser.registerCsiHandler({ final: 'n' }, swallow),
    parser.registerCsiHandler({ prefix: '?', final: 'n' }, swallow),
    parser.registerCsiHandler({ intermediates: '$', final: 'p' }, swallow),
    parser.registerCsiHandler({ prefix: '?', intermediates: '$', final: 'p' }, swallow),
    parser.registerCsiHandler({ prefix: '?', final: 'u' }, swallow),
    parser.registerDcsHandler({ intermediates: '$', final: 'q' }, swallow),
    parser.registerDcsHandler({ intermediates: '+', final: 'q' }, swallow),
    ...[4, 10, 11, 12].map((code) => parser.registerOscHandler(code, (data) => isQuery(data) && swallow())),
  ]
  return { dispose: () => guards.forEach((guard) => guard.dispose()) }
}

/** Whether an OSC asks for a colour rather than setting one. */
function isQuery(data: string): boolean {
  return data.split(';').includes('?')
}
