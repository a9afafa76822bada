import { connect, createServer, type Socket } from 'node:net'
import { paths } from '@rookery/cli/instance/paths'
import { readSettings } from '@rookery/cli/instance/settings'
import { type LabSettings, ownAddress } from './settings.ts'

/**
 * Lets hosts reach the engine, which may listen for this machine alone: connections to its port at our address in the lab's network are
 * passed on as they are. Where the engine went for a moment the caller sees that, and asks again.
 */
export async function openDoor(dataDir: string, lab: LabSettings): Promise<void> {
  const settings = await readSettings(paths(dataDir))
  if (settings === undefined) throw new Error(`There is no instance in ${dataDir}.`)
  const server = createServer(near => {
    void current(dataDir).then(at => (at === undefined ? near.destroy() : join(near, connect(at))))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: ownAddress(lab.subnet), port: settings.port }, resolve)
  }).catch((error: NodeJS.ErrnoException) => {
    // It listens at all addresses of this machine, ours among them.
    if (error.code !== 'EADDRINUSE') throw error
  })
}

function join(near: Socket, far: Socket): void {
  near.pipe(far)
  far.pipe(near)
  near.on('error', () => far.destroy()).on('close', () => far.destroy())
  far.on('error', () => near.destroy()).on('close', () => near.destroy())
}

/** Where the engine listens now; an `up` may have changed it. */
async function current(dataDir: string): Promise<{ host: string; port: number } | undefined> {
  const settings = await readSettings(paths(dataDir)).catch(() => undefined) // being written
  if (settings === undefined) return undefined
  const all: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
  return { host: all[settings.listen] ?? settings.listen, port: settings.port }
}
