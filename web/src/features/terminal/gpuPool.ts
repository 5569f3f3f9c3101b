// Browsers allow about sixteen WebGL contexts and drop the oldest without asking. This pool keeps us at half of that;
// a terminal that gets none draws with the DOM, which looks the same and is only slower. The addon is fetched when it is
// first used.
import type { Terminal } from '@xterm/xterm'

const MOST_CONTEXTS = 8
/** Slower than the DOM, so these count as none. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i

let inUse = 0

/** Draws `terminal` with WebGL if there is a context to be had. Answers how to give it back. */
export function drawWithGpu(terminal: Terminal): () => void {
  if (inUse >= MOST_CONTEXTS || !webglWorks()) return () => undefined
  inUse += 1
  let wanted = true
  let dispose = (): void => undefined
  const release = (): void => {
    if (!wanted) return
    wanted = false
    inUse -= 1
    dispose()
  }
  const load = async (): Promise<void> => {
    const { WebglAddon } = await import('@xterm/addon-webgl')
    if (!wanted) return
    const addon = new WebglAddon()
    terminal.loadAddon(addon)
    addon.onContextLoss(release)
    dispose = () => {
      const canvases = [...(terminal.element?.querySelectorAll('canvas') ?? [])]
      addon.dispose()
      // The addon's own disposal leaves the context alive until the garbage collector comes by.
      for (const canvas of canvases) canvas.getContext('webgl2')?.getExtension('WEBGL_lose_context')?.loseContext()
    }
  }
  load().catch(release)
  return release
}

function webglWorks(): boolean {
  const probe = document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true })
  if (probe === null) return false
  const info = probe.getExtension('WEBGL_debug_renderer_info')
  const renderer = String(probe.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? probe.RENDERER))
  probe.getExtension('WEBGL_lose_context')?.loseContext()
  return !SOFTWARE.test(renderer)
}
