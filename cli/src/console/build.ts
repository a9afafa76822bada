import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { access, constants, glob, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants as zlib } from 'node:zlib'
import { Fault } from '../fault.ts'
import { appRoot } from '../instance/paths.ts'
import { type Output, step } from '../output.ts'
import { exec } from '../system/exec.ts'

/** What the console is made of, below the checkout. */
const sources = [
  'web/index.html',
  'web/package.json',
  'web/vite.config.ts',
  'web/{src,public}/**/*',
  'model/src/**/*.ts',
  'package-lock.json',
]

/** Longest that a build may take, milliseconds. */
const patience = 300_000

/** A hash of everything that the console is made of. */
export const sourceHash = (root = appRoot): Promise<string> => hashOf(sources, root)

/** A hash of files, tests left out. */
export async function hashOf(patterns: readonly string[], root = appRoot): Promise<string> {
  const files: string[] = []
  for (const pattern of patterns)
    for await (const entry of glob(pattern, { cwd: root, withFileTypes: true }))
      if (entry.isFile() && !entry.name.endsWith('.test.ts')) files.push(join(entry.parentPath, entry.name))
  const hash = createHash('sha256')
  for (const file of files.sort())
    hash
      .update(file.slice(root.length))
      .update('\0')
      .update(await readFile(file))
      .update('\0')
  return hash.digest('hex')
}

const stampOf = (folder: string) => join(folder, 'built-from')

/** Whether `web/dist` holds the console of the sources as they are now. */
export async function isBuilt(root = appRoot): Promise<boolean> {
  const stamp = await readFile(stampOf(join(root, 'web/dist')), 'utf8').catch(() => undefined)
  return stamp !== undefined && stamp === (await sourceHash(root))
}

/**
 * Builds the web console unless it is built already. It is made beside and put in place whole, so that an engine that serves the old
 * one, or another `up` of this checkout, never sees half of it. VMs matter more than pages: when it cannot be built, that is said and
 * everything else goes on.
 */
export async function buildConsole(out: Output): Promise<void> {
  if (await isBuilt()) return
  const there = existsSync(join(appRoot, 'web/dist/index.html'))
  const writable = await access(join(appRoot, 'web'), constants.W_OK).then(
    () => true,
    () => false,
  )
  if (!writable) {
    out.warn(
      there
        ? 'The web console is older than this checkout, which you may not write to.'
        : 'There is no web console: it is not built, and you may not write to this checkout.',
    )
    return
  }
  try {
    await step(out, 'web console', build, () => 'built')
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    out.warn(`${error.message}\n  ${error.todo}`)
  }
}

async function build(): Promise<void> {
  const hash = await sourceHash()
  const made = join(appRoot, '.cache', `console-${process.pid}`)
  await mkdir(join(appRoot, '.cache'), { recursive: true })
  try {
    const vite = join(appRoot, 'node_modules/vite/bin/vite.js')
    const said = await exec(
      [process.execPath, vite, 'build', '--outDir', made, '--emptyOutDir', '--logLevel', 'warn'],
      { cwd: join(appRoot, 'web'), timeout: patience },
    )
    if (said.code !== 0)
      throw new Fault(
        'failed',
        `The web console could not be built: ${(said.stderr || said.stdout).trim().slice(-2000)}`,
        'Is the disk full (df -h)? Else reinstall the packages: npm ci',
      )
    await compress(made)
    await writeFile(stampOf(made), hash)
    await putInPlace(made, join(appRoot, 'web/dist'))
  } finally {
    await rm(made, { recursive: true, force: true })
  }
}

/** A compressed copy beside each file that shrinks. */
async function compress(folder: string): Promise<void> {
  for await (const name of glob('assets/**/*.{js,css,svg}', { cwd: folder })) {
    const text = await readFile(join(folder, name))
    if (text.length < 1024) continue
    // The highest quality takes many seconds for a hundredth less.
    const small = await promisify(brotliCompress)(text, { params: { [zlib.BROTLI_PARAM_QUALITY]: 6 } })
    await writeFile(join(folder, `${name}.br`), small)
  }
}

async function putInPlace(made: string, place: string): Promise<void> {
  const old = `${made}.old`
  await rename(place, old).catch(() => undefined) // none yet
  try {
    await rename(made, place)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error // another `up` was faster; its console is as good
  }
  await rm(old, { recursive: true, force: true })
}
