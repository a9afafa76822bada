import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:fs'
import { access, type FileHandle, mkdir, open, readFile, rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { GiB, unavailable } from '@rookery/model'
import type { VolumeFormat } from '@rookery/protocol'
import type { Confinement } from '../storage/confine.ts'
import { connectNbd, type NbdClient } from './nbd-client.ts'

/** A running `qemu-nbd` and our connection to it. */
export interface NbdServer {
  readonly client: NbdClient
  /** Which process it is; with its start time, because numbers come again. */
  readonly process: ProcessIdentity
  /** Closes the connection, lets the server write what it holds, and removes its folder. */
  stop(): Promise<void>
}

/** A process, so that it can be found again after a restart and never be mistaken for another. */
export interface ProcessIdentity {
  pid: number
  /** Clock ticks since boot, field 22 of `/proc/PID/stat`. */
  startedAt: string
}

/** What `startNbd` serves. */
export interface NbdOptions {
  confinement: Confinement
  /** Folder for this server's socket; made here, and removed by `stop`. */
  folder: string
  /** Who the server runs as, who must be able to write that folder; null when the agent is not root. */
  folderOwner: { uid: number; gid: number } | null
  format: VolumeFormat
  readOnly: boolean
}

/**
 * Starts `qemu-nbd` on an open image, confined, and connects to it. The socket is named through an open folder
 * (`/proc/self/fd/…`): neither side has to be able to walk to it, and its path is never too long for a socket.
 */
export async function startNbd(image: FileHandle, options: NbdOptions): Promise<NbdServer> {
  await rm(options.folder, { recursive: true, force: true })
  await mkdir(options.folder, { recursive: true, mode: 0o700 })
  const folder = await open(options.folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    if (options.folderOwner !== null) await folder.chown(options.folderOwner.uid, options.folderOwner.gid)
    const command = [
      'qemu-nbd',
      '--socket=/proc/self/fd/4/s',
      '--persistent',
      '--shared=8',
      `--format=${options.format}`,
      '--cache=writeback',
      '--aio=threads',
      '--discard=unmap',
      '--detect-zeroes=off',
      '--allocation-depth',
      ...(options.readOnly ? ['--read-only'] : []),
      '/dev/fd/3',
    ]
    const child = options.confinement.spawn(command, { files: [image, folder], memory: 4 * GiB, cpuSeconds: null })
    return await connectTo(child, folder, options.folder)
  } catch (error) {
    await folder.close()
    await rm(options.folder, { recursive: true, force: true })
    throw error
  }
}

async function connectTo(child: ChildProcess, folder: FileHandle, path: string): Promise<NbdServer> {
  let said = ''
  let ended = false
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-2048)
  })
  const end = new Promise<void>(resolve => {
    child.once('close', () => {
      ended = true
      resolve()
    })
    child.once('error', error => {
      said += error.message
      ended = true
      resolve()
    })
  })
  const socket = `/proc/self/fd/${folder.fd}/s`
  const deadline = Date.now() + 30_000
  for (;;) {
    if (ended) throw unavailable('qemu_nbd.failed', `The image cannot be served: ${said.trim() || 'qemu-nbd ended'}`)
    try {
      await access(socket)
      const client = await connectNbd(socket)
      const identity = await processIdentity(child.pid as number)
      return { client, process: identity, stop: () => stop(child, end, client, folder, path) }
    } catch (error) {
      if (Date.now() > deadline) {
        child.kill('SIGKILL')
        throw unavailable('qemu_nbd.silent', 'qemu-nbd did not begin to serve the image within 30 s.', { cause: error })
      }
      await Promise.race([pause(10), end])
    }
  }
}

async function stop(child: ChildProcess, end: Promise<void>, client: NbdClient, folder: FileHandle, path: string) {
  client.close()
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 30_000)
  await end
  clearTimeout(late)
  await folder.close()
  await rm(path, { recursive: true, force: true })
}

/** Which process has this number now. Rejects when there is none. */
export async function processIdentity(pid: number): Promise<ProcessIdentity> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The name in parentheses may hold anything, also parentheses; field 22 is the 20th after it.
  const startedAt = text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  return { pid, startedAt }
}

/**
 * Ends a server that an earlier life of the agent left behind, and waits until it is gone: it may hold the image's lock.
 * Does nothing when the process is no more or is another one by now.
 */
export async function endLeftover(process_: ProcessIdentity): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const now = await processIdentity(process_.pid).catch(() => null) // gone, which is what is wanted
    if (now?.startedAt !== process_.startedAt) return
    try {
      process.kill(process_.pid, tries < 200 ? 'SIGTERM' : 'SIGKILL')
    } catch {
      return // it ended between the two looks
    }
    await pause(100)
  }
}
