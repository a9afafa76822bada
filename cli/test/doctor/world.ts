import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Settings } from '../../src/instance/settings.ts'
import { appRoot } from '../../src/instance/paths.ts'
import { exec, type Finished, plainEnv } from '../../src/system/exec.ts'
import type { Found } from '../../src/doctor/examine.ts'
import type { Text } from '../../src/doctor/text.ts'
import { until } from '../../src/testing/until.ts'

/** What `rookery doctor --json` prints. */
export interface Report {
  readonly blocks: boolean
  readonly summary: Text
  readonly findings: readonly Found[]
}

/**
 * A machine of its own for a test: mounts, network and name are apart from the real one's, so that everything the doctor must
 * recognise can be made for real. It is held by one process and ends with it.
 */
export class World {
  readonly folder: string
  readonly dataDir: string
  readonly #holder: ChildProcess
  readonly #inside: ChildProcess[] = []

  private constructor(folder: string, holder: ChildProcess) {
    this.folder = folder
    this.dataDir = join(folder, 'data')
    this.#holder = holder
  }

  /** Makes one called `name`, with only a loopback card. */
  static async make(name: string): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'doctor-world.'))
    const holder = spawn(
      'unshare',
      [
        '--mount',
        '--net',
        '--uts',
        '--propagation=private',
        'sh',
        '-c',
        `hostname ${name}; ip link set lo up; echo ready; exec cat`,
      ],
      { stdio: ['pipe', 'pipe', 'inherit'], env: plainEnv },
    )
    const world = new World(folder, holder)
    let said = ''
    holder.stdout?.setEncoding('utf8').on('data', (s: string) => (said += s))
    await until(() => said.includes('ready')).catch(async error => {
      await world.close()
      throw error
    })
    await mkdir(world.dataDir)
    return world
  }

  get pid(): number {
    return this.#holder.pid ?? 0
  }

  /** Runs a shell script in this world. */
  try(script: string, env: NodeJS.ProcessEnv = {}): Promise<Finished> {
    return exec(this.#enter(['sh', '-ec', script]), {
      timeout: 60_000,
      env: { ...plainEnv, HOME: this.folder, ...env },
    })
  }

  /** The same, which must succeed; answers what it printed. */
  async run(script: string): Promise<string> {
    const { code, stdout, stderr } = await this.try(script)
    if (code !== 0) throw new Error(`in the test's world, code ${code}: ${stderr || stdout}\n${script}`)
    return stdout
  }

  /** Starts a program that stays until the world closes; answers when it has printed its first line. */
  async start(argv: readonly string[]): Promise<ChildProcess> {
    const [file = '', ...args] = this.#enter(argv)
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'], env: plainEnv })
    this.#inside.push(child)
    let said = ''
    child.stdout?.setEncoding('utf8').on('data', (s: string) => (said += s))
    await until(() => said.includes('\n'))
    return child
  }

  /** Puts `text` over a file of the machine, in this world only. */
  async cover(path: string, text: string): Promise<void> {
    const file = join(this.folder, path.replaceAll('/', '_'))
    await writeFile(file, text)
    await this.run(`mount --bind '${file}' '${path}'`)
  }

  /** Lets the doctor look at this world. */
  async doctor(env: NodeJS.ProcessEnv = {}, before = ''): Promise<Report & { code: number | null }> {
    const words = `${before} '${process.execPath}' '${join(appRoot, 'cli/src/main.ts')}' doctor --json --data-dir '${this.dataDir}'`
    const { code, stdout, stderr } = await this.try(words, {
      NODE_COMPILE_CACHE: join(tmpdir(), 'doctor-cache'),
      ...env,
    })
    if (!stdout) throw new Error(`the doctor said nothing: ${stderr}`)
    return { ...(JSON.parse(stdout) as Report), code }
  }

  /** Ends everything in this world, and it with it. */
  async close(): Promise<void> {
    for (const child of [...this.#inside, this.#holder]) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const gone = new Promise(resolve => child.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
    }
    await rm(this.folder, { recursive: true, force: true })
  }

  #enter(argv: readonly string[]): [string, ...string[]] {
    return ['nsenter', `--target=${this.pid}`, '--mount', '--net', '--uts', '--', ...argv]
  }
}

/** Writes the settings of an instance that was set up and does not run. */
export async function settle(dataDir: string, s: Partial<Settings> = {}): Promise<Settings> {
  const all: Settings = {
    format: 1,
    engineId: 'abcdef01-0000-4000-8000-000000000000',
    mode: 'host',
    root: true,
    listen: '127.0.0.1',
    port: 8443,
    fqdn: 'ovirt.abc.local',
    organization: 'abc.local',
    accel: 'auto',
    simulate: 0,
    database: 'embedded',
    hostName: 'ovirt',
    agentPort: 54321,
    imagesPort: 54322,
    simulatorPort: 54400,
    subnet: '10.99.1.0/24',
    createdAt: new Date().toISOString(),
    ...s,
  }
  await writeFile(join(dataDir, 'instance.json'), JSON.stringify(all))
  return all
}
