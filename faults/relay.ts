import { connect, createServer, type Server, type Socket } from 'node:net'

/** A port that leads to another one, until it is cut. */
export class Relay {
  readonly port: number
  readonly #server: Server
  readonly #pairs = new Set<[near: Socket, far: Socket]>()
  #cut: 'silent' | 'reset' | null = null

  static async open(to: number): Promise<Relay> {
    let relay: Relay | undefined
    const server = createServer(near => relay?.visit(near, to))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    relay = new Relay(server)
    return relay
  }

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as { port: number }).port
  }

  private visit(near: Socket, to: number): void {
    if (this.#cut === 'reset') return void near.resetAndDestroy()
    const far = connect(to, '127.0.0.1')
    const pair: [Socket, Socket] = [near, far]
    this.#pairs.add(pair)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
    near.on('close', () => far.destroy())
    far.on('close', () => {
      near.destroy()
      this.#pairs.delete(pair)
    })
    near.pipe(far).pipe(near)
    if (this.#cut === 'silent') this.#hold(pair)
  }

  /** `silent`: everything stays open and nothing comes through, as behind a broken cable. `reset`: connections end, none is taken. */
  cut(how: 'silent' | 'reset'): void {
    this.#cut = how
    for (const pair of this.#pairs)
      if (how === 'silent') this.#hold(pair)
      else for (const end of pair) end.resetAndDestroy()
  }

  /** What was held comes through now, late, as packets do that are sent again. */
  mend(): void {
    this.#cut = null
    for (const [near, far] of this.#pairs) near.pipe(far).pipe(near)
  }

  #hold([near, far]: [Socket, Socket]): void {
    near.unpipe(far)
    far.unpipe(near)
    near.pause()
    far.pause()
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) for (const end of pair) end.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}
