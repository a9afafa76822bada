import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { unavailable } from '@rookery/model'
import type { Hypervisor } from '../domain/hypervisor.ts'
import type { TrackedRun } from '../domain/observer.ts'
import { graphicsElement } from '../domain/xml.ts'
import { KeyedQueue } from '../tasks/queue.ts'
import { writeXml } from '../xml/node.ts'
import { letIn, signIn } from './rfb.ts'

/** A visitor has this long to sign in; others of the same guest wait meanwhile. */
const signInMs = 20_000
/** Bytes that a viewer has sent once it answered QEMU's challenge: version 12, (type 1,) response 16. */
const answeredBytes = 28

/**
 * Doors to the displays. QEMU has one password for a display, so it belongs to one visitor at a time: it is set when the visitor
 * comes, and worthless again as soon as that visitor has signed in (or has not).
 */
export class VncDoors {
  readonly #hypervisor: Hypervisor
  readonly #queue = new KeyedQueue()

  constructor(hypervisor: Hypervisor) {
    this.#hypervisor = hypervisor
  }

  /**
   * Connects a visitor with a run's display. With a password QEMU asks the visitor for it; without, the agent signs in itself and
   * the visitor, who has shown a ticket, is let in.
   */
  visit(run: TrackedRun, visitor: Duplex, password: string | null): Promise<void> {
    visitor.on('error', () => {}) // a visitor that goes away has nobody to tell
    const doors = [`vnc:${run.runId}`]
    return this.#queue.run({ waits: doors, holds: doors }, async () => {
      if (visitor.destroyed) return
      const secret = password ?? randomBytes(6).toString('base64url')
      await this.#setPassword(run, secret, new Date(Date.now() + signInMs + 5000))
      let display: Socket | null = null
      try {
        display = await this.#dial(run)
        await (password === null ? this.#openOurselves(display, visitor, secret) : passThrough(display, visitor))
      } catch (error) {
        display?.destroy()
        visitor.destroy()
        throw error
      } finally {
        await this.#setPassword(run, randomBytes(6).toString('base64url'), new Date(1000)).catch(() => {
          // The guest is gone, or libvirt is; the password ends by its own time anyway.
        })
      }
    })
  }

  async #openOurselves(display: Socket, visitor: Duplex, password: string): Promise<void> {
    const timer = setTimeout(() => (display.destroy(), visitor.destroy()), signInMs)
    try {
      await signIn(display, password)
      await letIn(visitor)
    } finally {
      clearTimeout(timer)
    }
    join(display, visitor)
  }

  #dial(run: TrackedRun): Promise<Socket> {
    const path = run.live.vncSocket
    return new Promise((resolve, reject) => {
      const fail = (cause?: Error) =>
        reject(unavailable('console.display', 'The display of the guest is not there.', { cause }))
      if (path === null) return fail()
      const socket = connect(path)
      socket.once('error', fail)
      socket.once('connect', () => {
        socket.off('error', fail)
        socket.on('error', () => {}) // its close ends the visitor
        resolve(socket)
      })
    })
  }

  #setPassword(run: TrackedRun, password: string, until: Date): Promise<void> {
    const env = { vncSocket: run.live.vncSocket ?? '', vncPassword: password }
    const element = graphicsElement(env, run.live.keymap, until.toISOString().slice(0, 19))
    return this.#hypervisor.update(run.vmId, writeXml(element))
  }
}

/** Both ways until either side ends. */
function join(display: Socket, visitor: Duplex): void {
  display.pipe(visitor)
  visitor.pipe(display)
  display.once('close', () => visitor.destroy())
  visitor.once('close', () => display.destroy())
}

/** Joins the two and resolves when the visitor has signed in, been refused, gone, or taken too long. */
function passThrough(display: Socket, visitor: Duplex): Promise<void> {
  return new Promise(resolve => {
    let sent = 0
    const count = (bytes: Buffer) => {
      sent += bytes.length
    }
    const verdict = () => {
      if (sent >= answeredBytes) finish()
    }
    const timer = setTimeout(() => (visitor.destroy(), finish()), signInMs)
    const finish = () => {
      clearTimeout(timer)
      visitor.off('data', count)
      display.off('data', verdict)
      resolve()
    }
    visitor.on('data', count)
    display.on('data', verdict)
    display.once('close', finish)
    visitor.once('close', finish)
    join(display, visitor)
  })
}
