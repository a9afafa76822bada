/** libvirt's QEMU program: talking to QEMU's own monitor and to the agent in the guest. */
import type { CallOptions } from './connection.ts'
import { rpcError } from './errors.ts'
import { VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP } from './generated/constants.gen.ts'
import type { RemoteNonnullDomain } from './generated/remote.gen.ts'
import type { Session } from './session.ts'

/** A QMP or guest agent command: `{ execute: 'query-status' }`. */
export interface JsonCommand {
  execute: string
  arguments?: Record<string, unknown>
}

export class QemuControl {
  readonly #session: Session
  readonly #dom: RemoteNonnullDomain

  constructor(session: Session, dom: RemoteNonnullDomain) {
    this.#session = session
    this.#dom = dom
  }

  /**
   * Sends a command to QEMU's monitor and answers its `return` value. libvirt marks the domain as tainted. A refusal by
   * QEMU itself rejects with its class and description.
   */
  async monitor(command: JsonCommand, options?: CallOptions): Promise<unknown> {
    const args = { dom: this.#dom, cmd: JSON.stringify(command), flags: 0 }
    const { result } = await this.#session.call('qemuDomainMonitorCommand', args, options)
    return returned(result, 'qemuDomainMonitorCommand')
  }

  /** Sends a line of QEMU's human monitor and answers its text. */
  async humanMonitor(line: string, options?: CallOptions): Promise<string> {
    const args = { dom: this.#dom, cmd: line, flags: VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP }
    return (await this.#session.call('qemuDomainMonitorCommand', args, options)).result
  }

  /**
   * Sends a command to the guest agent and answers its `return` value. Rejects with VIR_ERR_AGENT_UNRESPONSIVE when no
   * agent answers in `timeoutSeconds` (default: libvirt's 5), with VIR_ERR_ARGUMENT_UNSUPPORTED or
   * VIR_ERR_CONFIG_UNSUPPORTED when the domain has no agent channel.
   */
  async agent(command: JsonCommand, how: { timeoutSeconds?: number } = {}, options?: CallOptions): Promise<unknown> {
    const timeout = how.timeoutSeconds ?? AGENT_DEFAULT_TIMEOUT
    const args = { dom: this.#dom, cmd: JSON.stringify(command), timeout, flags: 0 }
    const { result } = await this.#session.call('qemuDomainAgentCommand', args, options)
    return result === null ? null : returned(result, 'qemuDomainAgentCommand')
  }
}

/** VIR_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT. */
const AGENT_DEFAULT_TIMEOUT = -1

function returned(text: string, procedure: string): unknown {
  let reply: unknown
  try {
    reply = JSON.parse(text)
  } catch (cause) {
    throw rpcError(`the answer is not JSON: ${text.slice(0, 200)}`, { procedure, cause })
  }
  if (typeof reply === 'object' && reply !== null) {
    if ('error' in reply) throw rpcError(`the command was refused: ${JSON.stringify(reply.error)}`, { procedure })
    if ('return' in reply) return reply.return
  }
  return reply
}
