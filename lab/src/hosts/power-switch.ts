import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** What the switch can be asked for. `list` names its outlets. */
export const switchActions = ['on', 'off', 'status', 'list'] as const
export type SwitchAction = (typeof switchActions)[number]

/** One line to the switch, after it has said its nonce. */
export interface SwitchRequest {
  readonly user: string
  readonly action: SwitchAction
  /** Name of the host on the outlet; empty for `list`. */
  readonly outlet: string
  readonly proof: string
}

/** Its answer, a line of JSON as `said` with the switch's own proof of it. */
export interface SwitchReply {
  readonly said: string
  readonly proof: string
}

/** What `said` holds. */
export type SwitchSaid =
  | { readonly power: 'on' | 'off' }
  | { readonly outlets: readonly string[] }
  | { readonly failed: string }

/** The only user there is. */
export const switchUser = 'lab'

/** Longest that a caller may take for its request, milliseconds. */
const patienceMs = 10_000

/**
 * Each side proves by it that it knows the password, for this connection alone: nothing that was heard on the wire is of use later, and
 * the password itself never travels.
 */
export const proofOf = (password: string, ...words: readonly string[]): string =>
  createHmac('sha256', password).update(JSON.stringify(words)).digest('hex')

const same = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

/** Answers callers of the power switch: each sends one line and is hung up on. */
export function serveSwitch(
  server: Server,
  password: string,
  act: (action: SwitchAction, outlet: string) => Promise<SwitchSaid>,
): void {
  server.on('connection', (socket: Socket) => {
    const nonce = randomBytes(16).toString('hex')
    socket.on('error', () => undefined) // the caller went
    socket.setTimeout(patienceMs, () => socket.destroy())
    socket.write(`${JSON.stringify({ nonce })}\n`)
    createInterface({ input: socket }).once('line', line => {
      socket.setTimeout(0)
      void answer(line, nonce).then(said => {
        const text = JSON.stringify(said)
        const reply: SwitchReply = { said: text, proof: proofOf(password, nonce, text) }
        socket.end(`${JSON.stringify(reply)}\n`)
      })
    })
  })

  async function answer(line: string, nonce: string): Promise<SwitchSaid> {
    try {
      const asked = JSON.parse(line) as Partial<SwitchRequest>
      const { user = '', action, outlet = '', proof = '' } = asked
      const known = switchActions.find(each => each === action)
      if (known === undefined) return { failed: `it cannot be asked for "${String(action)}"` }
      if (user !== switchUser || !same(String(proof), proofOf(password, nonce, user, known, outlet)))
        return { failed: `it does not let ${user} in with this password` }
      return await act(known, outlet)
    } catch (error) {
      return { failed: error instanceof Error ? error.message : String(error) }
    }
  }
}
