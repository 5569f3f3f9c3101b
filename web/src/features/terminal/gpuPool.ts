// Browsers allow about sixteen WebGL contexts and drop the oldest without asking. This pool keeps us at half of that;
// a terminal that gets none draws with the DOM, which looks the same and is only slower.
import { WebglAddon } from '@xterm/addon-webgl'
import type { Terminal } from '@xterm/xterm'

const MOST_CONTEXTS = 8
let inUse = 0

/** Draws `terminal` with WebGL if there is a context to be had. Answers how to give it back. */
export function drawWithGpu(terminal: Terminal): () => void {
  if (inUse >= MOST_CONTEXTS || !webglWorks()) return () => undefined
  let addon: WebglAddon
  try {
    addon = new WebglAddon()
    terminal.loadAddon(addon)
  } catch {
    return () => undefined
  }
  inUse += 1
  let released = false
  const release = (): void => {
    if (released) return
    released = true
    inUse -= 1
    // The addon's own disposal leaves the context alive until the garbage collector comes by.
    const canvases = [...(terminal.element?.querySelectorAll('canvas') ?? [])]
    addon.dispose()
    for (const canvas of canvases) {
      canvas.getContext('webgl2')?.getExtension('WEBGL_lose_context')?.loseContext()
    }
  }
  addon.onContextLoss(release)
  return release
}

/** A software renderer is slower than the DOM, so it counts as none. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i

function webglWorks(): boolean {
  const probe = document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true })
  if (probe === null) return false
  const info = probe.getExtension('WEBGL_debug_renderer_info')
  const renderer = String(probe.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? probe.RENDERER))
  probe.getExtension('WEBGL_lose_context')?.loseContext()
  return !SOFTWARE.test(renderer)
}
