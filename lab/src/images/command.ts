import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { humanBytes, invalid, notFound, RookeryError } from '@rookery/model'
import { imagesFolder, readManifest, type TinyManifest, type TinyPart, tinyFiles, tinyParts } from './manifest.ts'
import { buildTiny } from './tiny.ts'

/** What `./rookery images` says about itself. */
export const imagesHelp = `Usage: ./rookery images VERB

Guest images made on this machine from Debian packages, kept in the data directory's images/.

  build tiny        make tiny.qcow2 and tiny.iso: a guest that boots under software emulation in seconds,
                    takes an address by DHCP, reads a NoCloud or config-drive seed and reports on its serial console.
                    Does nothing when they are there and made from the same packages.
      --force       make them again all the same
      --yes         install the Debian packages that building needs (they are listed first); needs root
      --debs DIR    where downloaded packages are kept (default: images/.debs in the data directory)
  list              the images that are there
  path NAME         where an image is: tiny (the disk), ${Object.values(tinyFiles).join(', ')}

Options: --data-dir DIR, --json, --help
`

/** Where the command works and how it answers. */
export interface ImagesOptions {
  dataDir: string
  /** Results as one JSON value on standard output. */
  json: boolean
}

/**
 * `./rookery images …`: progress on standard error, results on standard output. Gives the exit status: 0, 1 for a failure
 * (said on standard error, with what to do), 2 for a wrong call (said with the help), 130 when interrupted.
 */
export async function imagesCommand(argv: string[], o: ImagesOptions): Promise<number> {
  try {
    const call = parseCall(argv, o)
    switch (call.verb) {
      case 'help':
        process.stdout.write(imagesHelp)
        break
      case 'build':
        await build(call)
        break
      case 'list':
        await list(call)
        break
      case 'path':
        await path(call)
        break
    }
    return 0
  } catch (error) {
    return explain(error)
  }
}

/** What was asked for. */
export type ImagesCall = { dataDir: string; json: boolean } & (
  | { verb: 'help' }
  | { verb: 'build'; force: boolean; yes: boolean; debs: string | undefined }
  | { verb: 'list' }
  | { verb: 'path'; part: TinyPart }
)

/** Reads the arguments; a wrong call fails with the kind `invalid`. */
export function parseCall(argv: string[], o: ImagesOptions): ImagesCall {
  const { values, positionals } = parse(argv)
  const base = {
    dataDir: resolve(values['data-dir'] ?? o.dataDir),
    json: o.json || values.json === true,
  }
  const [verb, name, ...more] = positionals
  if (values.help === true || verb === 'help') return { ...base, verb: 'help' }
  if (verb === undefined) throw usage('`images` needs a verb: build, list or path')
  if (more.length > 0) throw usage(`\`${more[0]}\` is one word too many`)
  if (verb !== 'build' && (values.force || values.yes || values.debs !== undefined))
    throw usage('--force, --yes and --debs belong to `build`')
  switch (verb) {
    case 'build':
      if (name !== 'tiny') throw usage(name === undefined ? 'build what? There is: tiny' : noImage(name, 'tiny'))
      return { ...base, verb, force: values.force === true, yes: values.yes === true, debs: values.debs }
    case 'list':
      if (name !== undefined) throw usage(`\`list\` takes no name; \`${name}\` is one word too many`)
      return { ...base, verb }
    case 'path': {
      if (name === undefined) throw usage(`path of what? There is: tiny, ${Object.values(tinyFiles).join(', ')}`)
      const part = name === 'tiny' ? 'disk' : tinyParts.find(each => tinyFiles[each] === name)
      if (part === undefined) throw usage(noImage(name, `tiny, ${Object.values(tinyFiles).join(', ')}`))
      return { ...base, verb, part }
    }
    default:
      throw usage(`\`${verb}\` is no verb of \`images\`; there are build, list and path`)
  }
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        force: { type: 'boolean' },
        yes: { type: 'boolean', short: 'y' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        debs: { type: 'string' },
        'data-dir': { type: 'string' },
      },
    })
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error))
  }
}

const usage = (message: string): RookeryError => invalid('lab.images.usage', message)
const noImage = (name: string, known: string): string => `there is no image \`${name}\`; there is: ${known}`

async function build(call: ImagesCall & { verb: 'build' }): Promise<void> {
  const started = performance.now()
  const seconds = (): string => ((performance.now() - started) / 1000).toFixed(1)
  const control = new AbortController()
  const interrupt = (): void => control.abort(new Interrupted())
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    const tiny = await buildTiny({
      dataDir: call.dataDir,
      force: call.force,
      install: call.yes,
      debCache: call.debs === undefined ? undefined : resolve(call.debs),
      progress: line => process.stderr.write(`images: tiny: ${line}\n`),
      signal: control.signal,
    })
    const { disk, iso } = tiny.manifest.files
    process.stderr.write(
      tiny.built
        ? `images: tiny: ready in ${seconds()} s: disk ${humanBytes(disk.bytes)}, CD ${humanBytes(iso.bytes)}\n`
        : `images: tiny: already there, made from the same packages on ${tiny.manifest.builtAt}; nothing done (--force makes it again)\n`,
    )
    if (call.json) print({ built: tiny.built, ...described(call.dataDir, tiny.manifest) })
    else process.stdout.write(`${tiny.paths.disk}\n${tiny.paths.iso}\n`)
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

async function list(call: ImagesCall): Promise<void> {
  const manifest = await readManifest(call.dataDir)
  if (call.json) return print(manifest === undefined ? [] : [described(call.dataDir, manifest)])
  if (manifest === undefined) {
    process.stderr.write(`images: none in ${imagesFolder(call.dataDir)}; \`./rookery images build tiny\` makes one\n`)
    return
  }
  for (const part of tinyParts) {
    const { file, bytes } = manifest.files[part]
    process.stdout.write(
      `${file.padEnd(14)} ${humanBytes(bytes).padStart(9)}  ${join(imagesFolder(call.dataDir), file)}\n`,
    )
  }
}

async function path(call: ImagesCall & { verb: 'path' }): Promise<void> {
  const manifest = await readManifest(call.dataDir)
  if (manifest === undefined)
    throw notFound(
      'lab.images.absent',
      `${tinyFiles[call.part]} is not in ${imagesFolder(call.dataDir)}. Run \`./rookery images build tiny\`.`,
    )
  const file = join(imagesFolder(call.dataDir), manifest.files[call.part].file)
  if (call.json) print({ path: file, ...manifest.files[call.part] })
  else process.stdout.write(`${file}\n`)
}

/** A manifest with absolute paths. */
function described(dataDir: string, manifest: TinyManifest): object {
  const files = Object.fromEntries(
    tinyParts.map(part => [
      part,
      { path: join(imagesFolder(dataDir), manifest.files[part].file), ...manifest.files[part] },
    ]),
  )
  return { ...manifest, files }
}

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)

class Interrupted extends Error {}

function explain(error: unknown): number {
  if (error instanceof Interrupted) {
    process.stderr.write('images: interrupted; nothing half-made is left\n')
    return 130
  }
  if (error instanceof RookeryError && error.code === 'lab.images.usage') {
    process.stderr.write(`images: ${error.message}\n\n${imagesHelp}`)
    return 2
  }
  if (error instanceof RookeryError) process.stderr.write(`images: ${error.message}\n`)
  else process.stderr.write(`images: ${systemSentence(error)}\n`)
  return 1
}

/** What to do about an error of the system. */
function systemSentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC')
    return `the disk is full (${text}). Building needs about 500 MB; free some, or give --data-dir.`
  if (code === 'EACCES' || code === 'EPERM')
    return `no access (${text}). Run as root, or give --data-dir a folder of yours.`
  return text
}
