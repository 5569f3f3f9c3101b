// Claude Code from npm, in a home of its own: nothing of whoever runs the tests, no key of anybody, and a model endpoint that the
// test hands in.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { SYSTEM_PATH } from './server.js'

const KEY = 'sk-ant-not-a-key-of-anybody'

/** The program: npm puts it beside the package, in one package per platform. */
function claudeProgram() {
  const platform = `@anthropic-ai/claude-code-${process.platform}-${process.arch}`
  const require = createRequire(import.meta.url)
  return join(dirname(require.resolve(`${platform}/package.json`)), 'claude')
}

/** Lays out a home in which it has nothing to ask before it works, and gives a session's environment for it. */
export function claudeHome(server, workdir, model) {
  const home = join(server.root, 'claude-home')
  const bin = join(home, 'bin')
  mkdirSync(bin, { recursive: true })
  symlinkSync(claudeProgram(), join(bin, 'claude'))
  const settled = {
    hasCompletedOnboarding: true,
    theme: 'dark',
    customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
    projects: { [workdir]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
  }
  writeFileSync(join(home, '.claude.json'), JSON.stringify(settled))
  for (const file of ['.bashrc', '.profile']) writeFileSync(join(home, file), "PS1='$ '\nunset HISTFILE PROMPT_COMMAND\n")
  return {
    HOME: home,
    PATH: `${bin}:${SYSTEM_PATH}`,
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: KEY,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    IS_SANDBOX: '1',
  }
}
