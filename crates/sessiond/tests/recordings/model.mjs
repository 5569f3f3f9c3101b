// The model that Claude Code talks to while it is recorded. Writes the variables that it needs, then an empty line, and serves until killed.
//
// `node model.mjs HOME`: lays out what it asks for in HOME; the working directory is HOME/claude-home/project.
import { join } from 'node:path'
import { claudeHome } from '../../../../web/e2e/harness/claude.js'
import { call, say, scriptedModel } from '../../../../web/e2e/harness/model.js'

const home = process.argv[2]
const workdir = join(home, 'claude-home', 'project')
const greeting = call('Write', { file_path: join(workdir, 'greeting.txt'), content: 'hello\n中文 👩‍🚀\n' })
const model = await scriptedModel(({ results }) =>
  results.length === 0 ? [say('I will **write** it:\n\n| a | table |\n| - | - |\n| 中文 | `code` |\n'), greeting] : [say('Wrote the greeting, as you asked. 🎉')],
)
const variables = claudeHome({ root: home }, workdir, model)
for (const [name, value] of Object.entries(variables)) process.stdout.write(`${name}=${value}\n`)
process.stdout.write('\n')
