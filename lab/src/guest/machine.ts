import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lastLines } from '../images/run.ts'
import { GuestAgent, Qmp } from './qmp.ts'
import { expectMarker, expectSerial, listen, serialText } from './serial.ts'
import { until } from './until.ts'

/** How a bare QEMU is started. */
export interface MachineOptions {
  /** Machine type: `pc` (i440FX, IDE) or `q35`. */
  machine?: 'pc' | 'q35'
  /** Memory in MiB. */
  memory?: number
  cpus?: string
  /** Further arguments: disks, cards, displays, firmware. */
  args?: readonly string[]
}

/** A QEMU without libvirt, emulated in software, its serial port, monitor and guest agent on unix sockets. */
export class Machine {
  readonly serial: Socket
  readonly qmp: Qmp
  /** A private folder that goes away with the machine. */
  readonly folder: string
  readonly #process: ChildProcess

  private constructor(process: ChildProcess, serial: Socket, qmp: Qmp, folder: string) {
    this.#process = process
    this.serial = serial
    this.qmp = qmp
    this.folder = folder
  }

  /** Starts QEMU and connects to it before the guest runs, so that nothing it says is lost. */
  static async start(o: MachineOptions = {}): Promise<Machine> {
    const folder = await mkdtemp(join(tmpdir(), 'rookery-qemu.'))
    const socket = (name: string): string => `socket,id=${name},path=${join(folder, name)},server=on,wait=off`
    const args = [
      ...['-accel', 'tcg,tb-size=128', '-machine', o.machine ?? 'pc', '-m', String(o.memory ?? 256)],
      ...['-smp', o.cpus ?? '1', '-nodefaults', '-no-user-config', '-display', 'none', '-S'],
      ...[
        '-chardev',
        socket('serial'),
        '-serial',
        'chardev:serial',
        '-chardev',
        socket('qmp'),
        '-mon',
        'qmp,mode=control',
      ],
      ...['-device', 'virtio-serial-pci', '-chardev', socket('agent')],
      ...['-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'],
      ...(o.args ?? []),
    ]
    // The guest must not outlive a test runner that was killed.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const said: Buffer[] = []
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
    const failed = once(child, 'exit').then(([code]) => {
      throw new Error(`QEMU ended with ${code}: ${lastLines(Buffer.concat(said).toString())}`)
    })
    // Only the start looks at it; later ends are asked for by `exited`.
    failed.catch(() => undefined)
    try {
      return await Promise.race([connect(), failed])
    } catch (error) {
      child.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
      throw error
    }

    async function connect(): Promise<Machine> {
      const qmp = await Qmp.connect(join(folder, 'qmp'))
      const serial = await until('the serial port', async () => {
        const port = createConnection(join(folder, 'serial'))
        await once(port, 'connect')
        return port
      })
      serial.on('error', () => undefined)
      listen(serial)
      await qmp.execute('cont')
      return new Machine(child, serial, qmp, folder)
    }
  }

  /** Waits for a marker of the tiny guest and gives its fields. */
  async marker(word: string, deadlineMs?: number): Promise<Record<string, string>> {
    return await expectMarker(this.serial, word, deadlineMs)
  }

  /** Waits until the serial port says something behind the last thing waited for. */
  async expect(pattern: RegExp | string, deadlineMs?: number): Promise<RegExpExecArray> {
    return await expectSerial(this.serial, pattern, deadlineMs)
  }

  /** Everything the serial port said. */
  get text(): string {
    return serialText(this.serial)
  }

  /** Types a line into the guest's shell. */
  type(line: string): void {
    this.serial.write(`${line}\n`)
  }

  /** Waits for the guest agent. */
  async agent(): Promise<GuestAgent> {
    return await GuestAgent.connect(join(this.folder, 'agent'))
  }

  /** Waits until QEMU has ended by itself. */
  async exited(deadlineMs = 60_000): Promise<void> {
    await until('the end of QEMU', () => this.#process.exitCode !== null || this.#process.signalCode !== null, {
      deadlineMs,
    })
  }

  /** Ends QEMU if it still runs and removes its folder; may be called twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit')
      this.#process.kill('SIGKILL')
      await ended
    }
    this.qmp.close()
    this.serial.destroy()
    await rm(this.folder, { recursive: true, force: true })
  }
}
