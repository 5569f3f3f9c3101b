// How the web UI is built: one page, hashed assets, and a .br and a .gz beside every file worth compressing, so that the
// server never compresses at run time. Nothing is fetched from elsewhere and no inline script is emitted (strict CSP).
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import type { Plugin } from 'vite'

const COMPRESSIBLE = /\.(?:js|css|html|svg|json|webmanifest)$/
/** Below this many bytes the headers cost more than compression saves. */
const WORTH_COMPRESSING = 512

function compressAssets(): Plugin {
  let outDir = 'dist'
  return {
    name: 'compress-assets',
    apply: 'build',
    configResolved(config) {
      outDir = config.build.outDir
    },
    closeBundle() {
      for (const entry of readdirSync(outDir, { recursive: true, encoding: 'utf8' })) {
        const path = join(outDir, entry)
        if (!COMPRESSIBLE.test(path) || !statSync(path).isFile()) continue
        const bytes = readFileSync(path)
        if (bytes.length < WORTH_COMPRESSING) continue
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
      }
    },
  }
}

const backend = process.env['LONGHOUSE_DEV_SERVER'] ?? 'http://127.0.0.1:7070'

export default defineConfig({
  plugins: [react(), tailwindcss(), compressAssets()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': { target: backend, ws: true },
      '/socket.io': { target: backend, ws: true },
    },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
