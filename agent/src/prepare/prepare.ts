import { spawn } from 'node:child_process'
import { access, readFile } from 'node:fs/promises'
import { connect, isIP } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { unavailable } from '@rookery/model'
import type { AgentConfig } from '../config.ts'
import { put } from '../enrol/certificates.ts'
import { pkiFolders } from '../migration/pki.ts'
import { tryProgram } from '../run-program.ts'
import { type Setting, withSettings } from './settings-file.ts'

/** The group that owns storage in oVirt's layout, by number; its name where the machine has none. */
const storageGroup = { gid: 36, name: 'rookery-storage' }
/** How long libvirt may take to start again, milliseconds. */
const patienceMs = 60_000

/**
 * Makes libvirt and QEMU of an ordinary machine ready for what hosts do: QEMU's user may open storage that belongs to group 36, and guests
 * may come from other hosts over TLS, shown and asked for a certificate of the one authority. libvirt is started again when something
 * changed, which guests do not notice. Can be repeated.
 * @returns what was changed, as sentences
 * @throws RookeryError `unavailable` `prepare.group`, `prepare.libvirt`
 */
export async function prepareMachine(config: AgentConfig): Promise<string[]> {
  const said: string[] = []
  if (await joinStorageGroup()) said.push(`libvirt-qemu is in the group ${storageGroup.gid}, which owns storage.`)
  if (config.migration === null) return said
  const { address, port, pki } = config.migration
  const folders = pkiFolders(pki)
  const written = [
    await settle('/etc/libvirt/libvirtd.conf', 0o644, {
      listen_tls: 1,
      listen_tcp: 0,
      ...(isIP(address) === 0 ? {} : { listen_addr: address }),
      auth_tls: 'none', // by certificate: none without one of our authority is let in
      ca_file: `${folders.libvirt}/cacert.pem`,
      cert_file: `${folders.libvirt}/servercert.pem`,
      key_file: `${folders.libvirt}/serverkey.pem`,
    }),
    await settle('/etc/libvirt/qemu.conf', 0o600, {
      dynamic_ownership: 1,
      remember_owner: 0, // needs trusted extended attributes, which many shared file systems lack
      lock_manager: 'nop', // the agent's own lease does that
      default_tls_x509_cert_dir: folders.qemu,
    }),
  ].some(Boolean)
  if (!written && (await listens(address, port))) return said
  await restartLibvirt()
  const until = Date.now() + patienceMs
  while (!(await listens(address, port))) {
    if (Date.now() > until)
      throw unavailable(
        'prepare.libvirt',
        `libvirt does not listen on ${address} port ${port} for other hosts. Its log says why (journalctl --unit libvirtd).`,
      )
    await pause(200)
  }
  return [...said, `libvirt listens on ${address} port ${port} for hosts of the same authority.`]
}

/** Puts QEMU's user into the group that owns storage; true when it was not in it. */
async function joinStorageGroup(): Promise<boolean> {
  const { gid, name } = storageGroup
  const found = await tryProgram('getent', ['group', String(gid)])
  const [group = name, , , members = ''] = found.stdout.trim().split(':')
  if (members.split(',').includes('libvirt-qemu')) return false
  if (found.code !== 0) await must('groupadd', ['--system', '--gid', String(gid), name])
  await must('usermod', ['--append', '--groups', group === '' ? name : group, 'libvirt-qemu'])
  return true
}

async function must(file: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await tryProgram(file, args)
  if (code !== 0) throw unavailable('prepare.group', `${file} ${args.join(' ')} failed: ${stderr.trim()}`)
}

/** Writes settings into a file; true when it was another one. */
async function settle(file: string, mode: number, settings: Record<string, Setting>): Promise<boolean> {
  const before = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const text = withSettings(before, settings)
  if (text === before) return false
  await put(file, text, mode)
  return true
}

/** By systemd, whose socket listens in libvirt's place; elsewhere by ending it, for whoever keeps it running, or starting it ourselves. */
async function restartLibvirt(): Promise<void> {
  if (await there('/run/systemd/system')) {
    await tryProgram('systemctl', ['stop', 'libvirtd.service'], { timeoutMs: patienceMs })
    // Sockets of systemd take connections before libvirt runs, so that for TLS must be there first.
    for (const words of [
      ['enable', '--now', 'libvirtd-tls.socket'],
      ['start', 'libvirtd.service'],
    ]) {
      const { code, stderr } = await tryProgram('systemctl', words, { timeoutMs: patienceMs })
      if (code !== 0) throw unavailable('prepare.libvirt', `systemctl ${words.join(' ')} failed: ${stderr.trim()}`)
    }
    return
  }
  const pid = await libvirtPid()
  if (pid !== undefined) {
    process.kill(pid, 'SIGTERM')
    for (let n = 0; n < 150 && (await libvirtPid()) === pid; n++) await pause(100)
    for (let n = 0; n < 150; n++) {
      const now = await libvirtPid()
      if (now !== undefined && now !== pid) return
      await pause(100)
    }
  }
  spawn('/usr/sbin/libvirtd', ['--daemon', '--listen'], { stdio: 'ignore', detached: true }).unref()
}

async function libvirtPid(): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile('/run/libvirtd.pid', 'utf8').catch(() => ''), 10)
  return Number.isInteger(pid) && (await there(`/proc/${pid}`)) ? pid : undefined
}

const there = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

function listens(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: 5000 })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false))
  })
}
