// The part of the highlighter without languages, which its own types leave out.
declare module 'highlight.js/lib/core' {
  import type { HLJSApi } from 'highlight.js'

  const core: HLJSApi
  export default core
}
