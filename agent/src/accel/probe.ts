import { accessSync, constants, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram, tryProgram } from '../run-program.ts'

/** How guests run here, and the sentence why. */
export interface Acceleration {
  readonly kind: 'kvm' | 'tcg'
  readonly reason: string
}

/** A working KVM needs a few hundredths of a second for the probe; one that hangs would never end. */
const probeTimeoutMs = 5000
/** `isa-debug-exit` turns the byte n that a guest writes into the exit code 2n+1. */
const probeByte = 0x10
const probeExit = probeByte * 2 + 1

/**
 * A boot sector: `mov al, 0x10; out 0xf4, al; hlt; jmp $-1`. Getting here took the firmware, so an exit with the right code
 * shows that real guest instructions ran.
 */
function bootSector(): Buffer {
  const sector = Buffer.alloc(512)
  Buffer.from([0xb0, probeByte, 0xe6, 0xf4, 0xf4, 0xeb, 0xfd]).copy(sector)
  sector.writeUInt16LE(0xaa55, 510)
  return sector
}

/** Runs the boot sector under an accelerator; null when it worked, else what went wrong in words. */
export async function tryAccelerator(
  emulator: string,
  accel: 'kvm' | 'tcg',
  timeoutMs = probeTimeoutMs,
): Promise<string | null> {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-probe.'))
  try {
    const image = join(folder, 'boot.raw')
    writeFileSync(image, bootSector())
    const end = await tryProgram(
      emulator,
      [
        ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-m', '16'],
        ...['-machine', `pc,accel=${accel}`, '-cpu', accel === 'kvm' ? 'host' : 'qemu64'],
        ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
        ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04'],
        ...['-drive', `file=${image},format=raw,if=ide,readonly=off`],
      ],
      { timeoutMs },
    )
    if (end.code === probeExit) return null
    return end.stderr.trim().split('\n').at(-1)?.slice(0, 300) || `QEMU ended with code ${end.code}`
  } catch (error) {
    return error instanceof Error ? error.message : 'QEMU could not be run'
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Settings of `findAcceleration`. */
export interface ProbeOptions {
  readonly emulator: string
  readonly wish: 'auto' | 'kvm' | 'tcg'
  /** Where the answer is kept; it holds for this boot of this machine with this QEMU. */
  readonly cacheFile: string
  /** QEMU's user, who must be able to open /dev/kvm; null: not known. */
  readonly owner: { uid: number; gid: number } | null
}

/**
 * Decides how guests run. /dev/kvm being there says little: on some machines it exists and every guest hangs. So a few guest
 * instructions are run under KVM, against a time limit, in a process that can be killed.
 */
export async function findAcceleration(options: ProbeOptions): Promise<Acceleration> {
  if (options.wish !== 'auto') return { kind: options.wish, reason: `The configuration says ${options.wish}.` }
  const refusal = kvmRefusal(options.owner)
  if (refusal !== null) return { kind: 'tcg', reason: refusal }
  const version = (await runProgram(options.emulator, ['--version'])).split('\n')[0] ?? ''
  const key = `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${version}`
  const cached = readCache(options.cacheFile, key)
  if (cached !== null) return cached
  const wrong = await tryAccelerator(options.emulator, 'kvm')
  const found: Acceleration =
    wrong === null
      ? { kind: 'kvm', reason: 'A guest ran under KVM.' }
      : { kind: 'tcg', reason: `/dev/kvm is there, but a guest did not run under it: ${wrong}` }
  writeFileSync(options.cacheFile, JSON.stringify({ key, ...found }), { mode: 0o600 })
  return found
}

/** Why KVM is out of the question without trying; null when it is not. */
function kvmRefusal(owner: ProbeOptions['owner']): string | null {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK)
  } catch {
    return 'There is no /dev/kvm that can be opened.'
  }
  if (owner === null || owner.uid === 0) return null
  const { uid, gid, mode } = statSync('/dev/kvm')
  const bits = owner.uid === uid ? mode >> 6 : owner.gid === gid ? mode >> 3 : mode
  return (bits & 0o6) === 0o6 ? null : "QEMU's user may not open /dev/kvm."
}

function readCache(file: string, key: string): Acceleration | null {
  try {
    const cached: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof cached !== 'object' || cached === null || !('key' in cached) || cached.key !== key) return null
    if (!('kind' in cached) || !('reason' in cached) || typeof cached.reason !== 'string') return null
    if (cached.kind !== 'kvm' && cached.kind !== 'tcg') return null
    return { kind: cached.kind, reason: cached.reason }
  } catch {
    // Not there yet, or cut off by a crash: it is found out again.
    return null
  }
}
