import { spawn } from 'node:child_process'
import { Fault } from '../fault.ts'
import type { Step } from '../output.ts'
import { exec, type Finished, plainEnv } from '../system/exec.ts'
import { takeLock } from '../system/lock.ts'
import { missingOf, type Need } from './list.ts'
import { withoutServiceStarts } from './policy.ts'

/** Ten minutes for another apt or an unattended upgrade to finish. */
const LOCK_SECONDS = 600

const env = {
  ...plainEnv,
  DEBIAN_FRONTEND: 'noninteractive',
  APT_LISTCHANGES_FRONTEND: 'none',
  NEEDRESTART_SUSPEND: '1',
}

/** Which of these packages are not installed. Refuses on machines without dpkg. */
export async function missingPackages(needs: readonly Need[]): Promise<Need[]> {
  const names = needs.map(n => n.name)
  const found = await exec(['dpkg-query', '-W', '-f', '${Package} ${db:Status-Status}\n', ...names]).catch(cause => {
    throw new Fault(
      'packages',
      'This machine has no dpkg: hosts run on Debian 12 or newer.',
      'Use a Debian machine.',
      cause,
    )
  })
  return missingOf(needs, found.stdout)
}

/** How apt's machine-readable progress line reads: `pmstatus:qemu-utils:42.5:Unpacking qemu-utils`. */
export function progressOf(line: string): string | undefined {
  const [kind, , percent, ...text] = line.split(':')
  if (kind !== 'pmstatus' && kind !== 'dlstatus') return undefined
  return `${kind === 'dlstatus' ? 'download' : 'install'} ${Math.round(Number(percent))} % ${text.join(':').trim()}`.trim()
}

/** One of us at a time: what keeps services from starting, and apt's package lists, are the machine's. */
const ONE = '/run/rookery-packages.lock'

/** Installs packages without starting a service, showing progress. Needs root; waits for another apt to finish. */
export async function installPackages(names: readonly string[], step: Step): Promise<void> {
  let letGo = await takeLock(ONE)
  if (letGo === undefined) {
    step.note('waiting for another rookery that installs packages')
    letGo = await takeLock(ONE, { wait: true })
  }
  try {
    await install(names, step)
  } finally {
    await letGo?.()
  }
}

async function install(names: readonly string[], step: Step): Promise<void> {
  await withoutServiceStarts(async () => {
    const known = await exec(['apt-cache', 'show', '--no-all-versions', ...names])
    let updated = false
    if (known.code !== 0 || names.some(n => !known.stdout.includes(`Package: ${n}\n`))) {
      await update(step)
      updated = true
    }
    let done = await aptInstall(names, step)
    if (done.code !== 0 && !updated && /404|Unable to (fetch|locate)|Failed to fetch/.test(done.stderr)) {
      await update(step) // the lists were old: what they name is gone from the mirror
      done = await aptInstall(names, step)
    }
    if (done.code !== 0) throw failed('install', done, names)
  })
}

async function update(step: Step): Promise<void> {
  step.note('reading package lists')
  const done = await apt(['update'], step)
  if (done.code !== 0) throw failed('update', done, [])
}

const aptInstall = (names: readonly string[], step: Step) =>
  apt(['install', '--yes', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-confold', ...names], step)

/** Runs apt-get, its progress on descriptor 3. Its group is its own, so that Ctrl-C does not stop dpkg half way. */
function apt(args: readonly string[], step: Step): Promise<Finished> {
  const options = ['-q', '-o', `DPkg::Lock::Timeout=${LOCK_SECONDS}`, '-o', 'APT::Status-Fd=3']
  return new Promise((resolve, reject) => {
    const child = spawn('apt-get', [...options, ...args], {
      env,
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (s: string) => {
      stdout = (stdout + s).slice(-20_000)
      if (s.includes('Could not get lock') || s.includes('Waiting for cache lock'))
        step.note('waiting for another package installation to end')
    })
    child.stderr?.setEncoding('utf8').on('data', (s: string) => (stderr = (stderr + s).slice(-20_000)))
    const status = child.stdio[3] as NodeJS.ReadableStream
    status.setEncoding('utf8')
    status.on('data', (s: string) => {
      const text = progressOf(s.trimEnd().split('\n').at(-1) ?? '')
      if (text !== undefined) step.note(text)
    })
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr }))
  })
}

function failed(what: string, done: Finished, names: readonly string[]): Fault {
  const errors = done.stderr.split('\n').filter(line => /^(E|W):/.test(line))
  const said = (errors.length ? errors : (done.stderr || done.stdout).trim().split('\n').slice(-5)).join('\n')
  const command = ['apt-get', what, ...names].join(' ')
  const todo = /lock/i.test(said)
    ? 'Another package installation is running; wait for it to end and run the same command again.'
    : /No space left|not enough free space/i.test(said)
      ? 'Free some disk space and run the same command again.'
      : `See what this says by hand, then run the same command again: ${command}`
  return new Fault('packages', `apt-get ${what} failed:\n${said}`, todo)
}
