import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import type { FileHandle } from 'node:fs/promises'
import { unavailable } from '@rookery/model'
import type { Logger } from 'pino'

/**
 * Running programs that look at bytes which users wrote. Such a program gets the one file it needs as an open descriptor
 * (`/dev/fd/3`), limits on memory, CPU time and descriptors, no privileges, another user, and no network. What the machine does not allow
 * (containers often forbid namespaces) is left out, and the log says so once.
 */
export interface Confinement {
  /** Starts the program confined. `files` become descriptors 3, 4, ... of it. */
  spawn(command: readonly string[], options: ConfinedSpawn): ChildProcess
  /** Runs it to its end and returns what it printed. */
  run(command: readonly string[], options: ConfinedRun): Promise<ConfinedResult>
}

/** What a confined program may use. */
export interface ConfinedSpawn {
  files: readonly FileHandle[]
  /** Bytes of address space. */
  memory: number
  /** Seconds of CPU time; null: no limit, for programs that live long. */
  cpuSeconds: number | null
  stdio?: StdioOptions
}

export interface ConfinedRun extends ConfinedSpawn {
  /** Seconds by the clock, then it is killed. */
  seconds: number
  /** Bytes of standard output, then it is killed. */
  outputBytes: number
  signal?: AbortSignal
}

/** How a confined program ended. `stderr` is cut to its last 4 KiB. */
export interface ConfinedResult {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: Buffer
  stderr: string
}

/** User that confined programs run as when the agent is root: one that owns nothing. */
export const nobody = 65_534

const namespaces = ['unshare', '--net', '--ipc', '--uts', '--']
const identity = (gid: number, bounding: boolean) => [
  'setpriv',
  `--reuid=${nobody}`,
  `--regid=${gid}`,
  '--clear-groups',
  '--inh-caps=-all',
  ...(bounding ? ['--bounding-set=-all'] : []),
  '--no-new-privs',
  '--pdeathsig=TERM',
  '--',
]
const ordinary = ['setpriv', '--no-new-privs', '--pdeathsig=TERM', '--']

/**
 * Finds out what this machine allows and returns the strictest confinement that works.
 * @param fileGid the group that volumes belong to, which the confined program keeps; null when the agent is not root
 */
export async function createConfinement(fileGid: number | null, log: Logger): Promise<Confinement> {
  const wrappers: { wrapper: string[]; lacks: string | null }[] =
    fileGid === null
      ? [
          { wrapper: ordinary, lacks: 'the agent is not root: no user and namespaces of its own' },
          { wrapper: [], lacks: 'the agent is not root and setpriv does not work' },
        ]
      : [
          { wrapper: [...namespaces, ...identity(fileGid, true)], lacks: null },
          { wrapper: identity(fileGid, true), lacks: 'unshare is not allowed: no namespaces of its own' },
          { wrapper: identity(fileGid, false), lacks: 'neither unshare nor a smaller bounding set is allowed' },
          { wrapper: [], lacks: 'setpriv does not work: image programs run as root' },
        ]
  for (const { wrapper, lacks } of wrappers) {
    const limited = confinement(wrapper)
    const result = await limited
      .run(['true'], { files: [], memory: 1 << 30, cpuSeconds: 5, seconds: 10, outputBytes: 1024 })
      .catch(() => null) // whatever is missing, the next weaker way is tried, and the last one throws when it is used
    if (result?.code !== 0) continue
    if (lacks !== null) log.warn({ lacks }, 'image programs are confined less than they could be')
    return limited
  }
  log.error('prlimit (util-linux) does not work on this host; image programs will fail')
  return confinement([])
}

function confinement(wrapper: readonly string[]): Confinement {
  const start = (command: readonly string[], options: ConfinedSpawn): ChildProcess => {
    const limits = [
      `--as=${options.memory}`,
      '--nofile=256',
      '--core=0',
      ...(options.cpuSeconds === null ? [] : [`--cpu=${options.cpuSeconds}`]),
    ]
    const [program, ...args] = ['prlimit', ...limits, '--', ...wrapper, ...command] as [string, ...string[]]
    const stdio = options.stdio ?? ['ignore', 'pipe', 'pipe']
    return spawn(program, args, {
      stdio: [...(Array.isArray(stdio) ? stdio : [stdio, stdio, stdio]), ...options.files.map(file => file.fd)],
      cwd: '/',
      env: { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    })
  }
  return { spawn: start, run: (command, options) => collect(start(command, options), command[0] ?? '', options) }
}

function collect(child: ChildProcess, name: string, options: ConfinedRun): Promise<ConfinedResult> {
  return new Promise((resolve, reject) => {
    const output: Buffer[] = []
    let length = 0
    let stderr = ''
    let failure: Error | null = null
    const stop = (error: Error) => {
      failure ??= error
      child.kill('SIGKILL')
    }
    const timer = setTimeout(
      () =>
        stop(
          unavailable('image_program.too_slow', `${name} did not finish within ${options.seconds} s and was ended.`),
        ),
      options.seconds * 1000,
    )
    const abort = () => stop(unavailable('image_program.cancelled', `${name} was cancelled.`))
    if (options.signal?.aborted) abort()
    options.signal?.addEventListener('abort', abort, { once: true })
    const settle = (finish: () => void) => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', abort)
      finish()
    }
    child.stdout?.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > options.outputBytes)
        stop(unavailable('image_program.too_much', `${name} printed more than ${options.outputBytes} bytes.`))
      else output.push(chunk)
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString('utf8')).slice(-4096)
    })
    child.once('error', error =>
      settle(() =>
        reject(unavailable('image_program.missing', `${name} cannot be started on this host.`, { cause: error })),
      ),
    )
    child.once('close', (code, signal) =>
      settle(() =>
        failure === null ? resolve({ code, signal, stdout: Buffer.concat(output), stderr }) : reject(failure),
      ),
    )
  })
}
