import { JsonSocket } from './json-socket.ts'

/** A QEMU monitor (QEMU Machine Protocol): one command at a time, events kept until asked for. */
export class Qmp {
  readonly #socket: JsonSocket
  #next = 1

  private constructor(socket: JsonSocket) {
    this.#socket = socket
  }

  /** Connects to the socket of `-qmp unix:PATH,server=on,wait=off` and leaves the negotiation mode. */
  static async connect(path: string): Promise<Qmp> {
    const socket = await JsonSocket.connect(path)
    await socket.take('the greeting', line => 'QMP' in line)
    const qmp = new Qmp(socket)
    await qmp.execute('qmp_capabilities')
    return qmp
  }

  /** Runs a command and gives its return value; fails with QEMU's own words. */
  async execute(command: string, args: Record<string, unknown> = {}): Promise<unknown> {
    const id = this.#next++
    this.#socket.send({ execute: command, arguments: args, id })
    const answer = await this.#socket.take(`an answer to ${command}`, line => line.id === id)
    if ('error' in answer) throw new Error(`${command}: ${JSON.stringify(answer.error)}`)
    return answer.return
  }

  /** Waits for an event by name, also one that came before, and gives its data. */
  async event(name: string, deadlineMs = 180_000): Promise<unknown> {
    return (await this.#socket.take(`the event ${name}`, line => line.event === name, deadlineMs)).data
  }

  close(): void {
    this.#socket.close()
  }
}

/** Speaks to a guest agent over the socket of its virtio-serial port. */
export class GuestAgent {
  readonly #socket: JsonSocket

  private constructor(socket: JsonSocket) {
    this.#socket = socket
  }

  /** Connects and synchronises; waits for an agent that is still starting. */
  static async connect(path: string, deadlineMs = 180_000): Promise<GuestAgent> {
    const agent = new GuestAgent(await JsonSocket.connect(path))
    const id = Math.floor(Math.random() * 2 ** 31)
    agent.#socket.send({ execute: 'guest-sync', arguments: { id } })
    await agent.#socket.take('the guest agent', line => line.return === id, deadlineMs)
    return agent
  }

  /** Calls a command and gives its return value. Commands that power off are not answered: give `silent`. */
  async call(command: string, args: Record<string, unknown> = {}, o: { silent?: boolean } = {}): Promise<unknown> {
    this.#socket.send({ execute: command, arguments: args })
    if (o.silent) return undefined
    const answer = await this.#socket.take(`an answer to ${command}`, line => 'return' in line || 'error' in line)
    if ('error' in answer) throw new Error(`${command}: ${JSON.stringify(answer.error)}`)
    return answer.return
  }

  close(): void {
    this.#socket.close()
  }
}
