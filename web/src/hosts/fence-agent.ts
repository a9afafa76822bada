import type { FenceAgentRow } from '../api/rows.ts'

/** What the dialog of a fence agent holds, as it is typed. */
export interface AgentDraft {
  type: string
  address: string
  port: string
  username: string
  /** Empty: the kept one stays. */
  password: string
  encryptOptions: boolean
  concurrent: boolean
  position: string
  /** `name=value`, one a line. */
  options: string
}

export const emptyAgent: AgentDraft = {
  type: 'ipmilan',
  address: '',
  port: '',
  username: '',
  password: '',
  encryptOptions: false,
  concurrent: false,
  position: '',
  options: '',
}

/** What a fence agent says; its password is never told. */
export const draftOf = (agent: FenceAgentRow): AgentDraft => ({
  type: agent.type,
  address: agent.address,
  port: agent.port === null ? '' : String(agent.port),
  username: agent.username,
  password: '',
  encryptOptions: agent.encryptOptions,
  concurrent: agent.concurrent,
  position: String(agent.position),
  options: Object.entries(agent.options)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n'),
})

export type AgentProblem = 'type' | 'addressMissing' | 'port' | 'position' | 'options'

/** Options as they are typed; undefined when a line is none. */
export function optionsOf(text: string): Record<string, string> | undefined {
  const found: Record<string, string> = {}
  for (const line of text.split(/[\n,]/).map(one => one.trim())) {
    if (line === '') continue
    const at = line.indexOf('=')
    if (at <= 0) return undefined
    found[line.slice(0, at).trim()] = line.slice(at + 1).trim()
  }
  return found
}

const whole = (text: string): number => Number(text.normalize('NFKC').trim())

/** What is wrong with a fence agent. */
export function agentProblems(draft: AgentDraft): Partial<Record<keyof AgentDraft, AgentProblem>> {
  const between = (text: string, least: number, most: number) =>
    text.trim() === '' || (Number.isInteger(whole(text)) && whole(text) >= least && whole(text) <= most)
  return {
    ...(/^[a-z0-9_]{1,40}$/.test(draft.type.trim()) ? {} : { type: 'type' as const }),
    ...(draft.address.trim() === '' ? { address: 'addressMissing' as const } : {}),
    ...(between(draft.port, 1, 65_535) ? {} : { port: 'port' as const }),
    ...(between(draft.position, 1, 100) ? {} : { position: 'position' as const }),
    ...(optionsOf(draft.options) === undefined ? { options: 'options' as const } : {}),
  }
}

/** What adding and changing have in common. */
export const partsOfAgent = (draft: AgentDraft) => ({
  type: draft.type.trim(),
  address: draft.address.trim(),
  port: draft.port.trim() === '' ? null : whole(draft.port),
  username: draft.username,
  ...(draft.password === '' ? {} : { password: draft.password }),
  encryptOptions: draft.encryptOptions,
  concurrent: draft.concurrent,
  ...(draft.position.trim() === '' ? {} : { position: whole(draft.position) }),
  options: optionsOf(draft.options) ?? {},
})
