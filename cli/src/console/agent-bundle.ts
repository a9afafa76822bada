import { access, constants, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../fault.ts'
import { appRoot } from '../instance/paths.ts'
import { type Output, step } from '../output.ts'
import { exec } from '../system/exec.ts'
import { hashOf } from './build.ts'

/** What the agent is made of, below the checkout. */
const sources = ['{agent,libvirt,model,pki,protocol}/src/**/*.ts', 'package-lock.json']

/** Longest that bundling may take, milliseconds. */
const patience = 120_000

/**
 * Puts the agent into one file, which the engine sends to hosts that it installs, unless that is done already. Whatever else there is goes
 * on without it.
 */
export async function bundleAgent(out: Output): Promise<void> {
  const folder = join(appRoot, 'agent/dist')
  const stamp = join(folder, 'built-from')
  const hash = await hashOf(sources)
  if ((await readFile(stamp, 'utf8').catch(() => undefined)) === hash) return
  const writable = await access(join(appRoot, 'agent'), constants.W_OK).then(
    () => true,
    () => false,
  )
  if (!writable)
    return out.warn(
      'No host can be installed over SSH: the agent is not bundled, and you may not write to this checkout.',
    )
  try {
    await step(out, 'agent for hosts', () => build(folder, stamp, hash))
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    out.warn(`${error.message}\n  ${error.todo}`)
  }
}

async function build(folder: string, stamp: string, hash: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const fresh = join(folder, `agent.${process.pid}.mjs`)
  try {
    const rolldown = join(appRoot, 'node_modules/rolldown/bin/cli.mjs')
    const words = ['--format', 'esm', '--platform', 'node', '--minify', '--no-codeSplitting', '--file', fresh]
    const said = await exec([process.execPath, rolldown, join(appRoot, 'agent/src/main.ts'), ...words], {
      cwd: appRoot,
      timeout: patience,
    })
    if (said.code !== 0)
      throw new Fault(
        'failed',
        `The agent could not be put into one file: ${(said.stderr || said.stdout).trim().slice(-1000)}`,
        'Reinstall the packages: npm ci',
      )
    await rename(fresh, join(folder, 'agent.mjs'))
    await writeFile(stamp, hash)
  } finally {
    await rm(fresh, { force: true })
  }
}
