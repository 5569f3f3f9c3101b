// What this person chose last, so that the next session takes no choosing. What a session is called and told, its variables and
// its secrets are never kept.
import { isRecord, stringOf } from '../../api/json'
import type { ServerConfig } from '../../api/types'
import { NETWORKS } from './container'
import { offersAgent, usualAgent } from './form'
import type { CreationForm } from './form'

/** Kept as they are. */
const TEXTS = ['workdir', 'image', 'cpuLimit', 'memoryLimit', 'pidsLimit', 'diskLimit', 'allowHosts', 'gitUserName', 'gitUserEmail', 'idleMinutes'] as const
/** Longer text is nobody's choice. */
const LONGEST = 20_000

export function remember(form: CreationForm): string {
  const { agent, runtime, place, template, network, multiplexer } = form
  const texts = Object.fromEntries(TEXTS.map((field) => [field, form[field]]))
  return JSON.stringify({ agent, runtime, place, template, network, multiplexer, ...texts })
}

/** The blank form with what was chosen last, as far as it is still offered. */
export function recall(kept: string, blank: CreationForm, config: ServerConfig): CreationForm {
  const fields = readFields(kept)
  const among = <T extends string>(field: string, offered: readonly T[], usual: T): T => offered.find((value) => value === fields[field]) ?? usual
  const runtimes = config.runtimes.filter((runtime) => runtime.available).map((runtime) => runtime.name)
  const runtime = among('runtime', runtimes, blank.runtime)
  const agent = stringOf(fields['agent']) ?? ''
  const form: CreationForm = {
    ...blank,
    runtime,
    agent: offersAgent(config, runtime, agent) ? agent : usualAgent(config, runtime),
    place: among('place', ['own', 'named'], blank.place),
    template: among('template', config.templates.map((template) => template.name), blank.template),
    network: among('network', NETWORKS.filter((network) => network !== 'git'), blank.network),
    multiplexer: among('multiplexer', config.multiplexers, blank.multiplexer),
  }
  for (const field of TEXTS) {
    const text = stringOf(fields[field])
    if (text !== null && text.length <= LONGEST) form[field] = text
  }
  return form
}

function readFields(kept: string): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(kept)
    return isRecord(fields) ? fields : {}
  } catch {
    return {}
  }
}
