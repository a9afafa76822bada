import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Numeric owner of the QEMU processes. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * Where the files of domains are. Sockets and the seed lie in a folder per VM below `runDir` that belongs to QEMU's user and is closed
 * to everybody else; the serial log is written by root (virtlogd or libvirt) below `dataDir`.
 */
export class Places {
  readonly #runDir: string
  readonly #dataDir: string

  constructor(runDir: string, dataDir: string) {
    this.#runDir = runDir
    this.#dataDir = dataDir
  }

  /** Makes the folders that all domains share: passable, not listable. */
  prepare(): void {
    mkdirSync(join(this.#runDir, 'vm'), { recursive: true, mode: 0o711 })
    chmodSync(this.#runDir, 0o711)
    chmodSync(join(this.#runDir, 'vm'), 0o711)
    mkdirSync(join(this.#dataDir, 'serial'), { recursive: true, mode: 0o700 })
  }

  /** Where sockets are. */
  get root(): string {
    return this.#runDir
  }

  /** Folders and logs that are there, and whose. */
  async kept(): Promise<{ kind: 'guest_folder' | 'serial_log'; path: string; vmId: string }[]> {
    const folders = await readdir(join(this.#runDir, 'vm'))
    const logs = await readdir(join(this.#dataDir, 'serial'))
    return [
      ...folders
        .filter(name => /^[0-9a-f]{32}$/.test(name))
        .map(name => ({ kind: 'guest_folder' as const, path: join(this.#runDir, 'vm', name), vmId: withDashes(name) })),
      ...logs
        .filter(name => /^[0-9a-f-]{36}\.log/.test(name))
        .map(name => ({
          kind: 'serial_log' as const,
          path: join(this.#dataDir, 'serial', name),
          vmId: name.slice(0, 36),
        })),
    ]
  }

  /** Makes the folder of one VM. */
  prepareVm(vmId: string, owner: Owner | null): void {
    const dir = this.#vm(vmId)
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    if (owner !== null && process.getuid?.() === 0) chownSync(dir, owner.uid, owner.gid)
  }

  /** Removes what a VM's run left. */
  forgetVm(vmId: string): void {
    rmSync(this.#vm(vmId), { recursive: true, force: true })
    rmSync(this.serialLog(vmId), { force: true })
    for (let i = 0; i < 10; i++) rmSync(`${this.serialLog(vmId)}.${i}`, { force: true })
  }

  vncSocket(vmId: string): string {
    return join(this.#vm(vmId), 'vnc')
  }

  serialSocket(vmId: string): string {
    return join(this.#vm(vmId), 'tty')
  }

  seedFile(vmId: string, runId: string): string {
    return join(this.#vm(vmId), `${runId}.iso`)
  }

  serialLog(vmId: string): string {
    return join(this.#dataDir, 'serial', `${vmId}.log`)
  }

  /** Without dashes: a socket's path has 107 bytes at most, and `runDir` may take 60 of them. */
  #vm(vmId: string): string {
    return join(this.#runDir, 'vm', vmId.replaceAll('-', ''))
  }
}

const withDashes = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')

/** The name of a card's tap: `t` and 12 digits of a hash, the same after every restart, different for two agents. */
export function tapName(bridgePrefix: string, nicId: string): string {
  return `t${createHash('sha256').update(`${bridgePrefix}/${nicId}`).digest('hex').slice(0, 12)}`
}

/** Whether an interface has the name of a tap of some agent's guest. */
export const isTapName = (name: string): boolean => /^t[0-9a-f]{12}$/.test(name)
