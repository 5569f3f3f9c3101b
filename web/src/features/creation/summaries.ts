// What is chosen in each folded part of the form, in a few words.
import type { ServerConfig } from '../../api/types'
import { memoryWords, NETWORK_WORDS, resourceWords, TEMPLATE_WORDS } from './container'
import { filledIn } from './form'
import type { CreationForm } from './form'
import { readHosts } from './hosts'
import { readPorts } from './ports'
import { readLabels, splitFlags } from './words'
import { hasWorktree, usualBranch } from './worktree'

export function taskSummary(form: CreationForm): string {
  const text = form.prompt.trim()
  if (form.mode === 'autonomous') return text === '' ? 'Autonomous' : `Autonomous: ${text}`
  return text === '' ? 'Interactive, you begin' : `Interactive: ${text}`
}

export function placeSummary(form: CreationForm, config: Pick<ServerConfig, 'defaultImage'>): string {
  if (form.runtime === 'host') return `This machine, ${form.place === 'own' || hasWorktree(form) ? 'a new directory' : form.workdir}`
  const image = form.image === '' ? config.defaultImage : form.image
  return form.template === 'shell' ? `Container of ${image}` : `Container of ${image}, ${TEMPLATE_WORDS[form.template].label}`
}

export function repositorySummary(form: CreationForm): string {
  const who = form.gitUserName || form.gitUserEmail
  if (hasWorktree(form)) return ['A working tree', form.worktreeBranch === '' ? usualBranch(form.name) : form.worktreeBranch, ...(who === '' ? [] : [`as ${who}`])].join(', ')
  const what = form.repoUrl === '' ? 'Empty' : form.repoUrl.replace(/^\w+:\/\//, '').replace(/\.git$/, '')
  return [what, ...(form.repoUrl === '' || form.branch === '' ? [] : [form.branch]), ...(who === '' ? [] : [`as ${who}`])].join(', ')
}

export function networkSummary(form: CreationForm): string {
  const { label } = NETWORK_WORDS[form.network]
  const hosts = form.network === 'allowlist' ? `: ${readHosts(form.allowHosts).join(', ') || 'none yet'}` : ''
  const ports = readPorts(form.ports).map((port) => port.container)
  return [label + hosts, ...(ports.length === 0 ? [] : [`publishes ${ports.join(', ')}`])].join('; ')
}

export function resourcesSummary(form: CreationForm, config: Pick<ServerConfig, 'limits'>): string {
  const { limits } = config
  const { usual } = limits.container
  const number = (text: string, otherwise: number): number => (text === '' ? otherwise : Number(text))
  const disk = form.diskLimit === '' ? limits.container.diskLimit : Number(form.diskLimit)
  const words = resourceWords(number(form.cpuLimit, usual.cpuLimit), number(form.memoryLimit, usual.memoryLimit), number(form.pidsLimit, usual.pidsLimit))
  return disk == null ? words : `${words}, ${memoryWords(disk)} of disk`
}

export function environmentSummary(form: CreationForm): string {
  const parts = [
    ...some(Object.keys(filledIn(form.env)).length, 'variable'),
    ...some(Object.keys(filledIn(form.secrets)).length, 'secret'),
  ]
  return parts.length === 0 ? 'No variables, no secrets' : parts.join(', ')
}

export function moreSummary(form: CreationForm): string {
  const parts = [
    ...(form.idleMinutes === '' ? [] : [`stops when idle for ${form.idleMinutes} min`]),
    ...(form.recording ? ['records its terminals'] : []),
    ...some(splitFlags(form.flags)?.length ?? 0, 'flag'),
    ...some(Object.keys(readLabels(form.labels) ?? {}).length, 'label'),
  ]
  const [first = 'Description, labels, flags, idle timeout', ...rest] = parts
  return [first.slice(0, 1).toUpperCase() + first.slice(1), ...rest].join(', ')
}

function some(number: number, noun: string): string[] {
  return number === 0 ? [] : [counted(number, noun)]
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
