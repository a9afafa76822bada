import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { installPackages, missingPackages } from '@rookery/cli/packages/apt'
import { output, step } from '@rookery/cli/output'
import { Skip } from './report.ts'
import { lastWords, mustRun, runProgram } from './run-program.ts'

/** Debian's own Python: the one that its packages (python3-gi) are made for. */
export const systemPython = '/usr/bin/python3'

/** Packages that the Python clients are built and run with. */
const pythonNeeds = [
  { name: 'python3', why: 'runs the Python clients' },
  { name: 'python3-venv', why: 'keeps the Python clients apart from the system' },
  { name: 'python3-dev', why: 'builds the C parts of the Python clients' },
  { name: 'gcc', why: 'builds the C parts of the Python clients' },
  { name: 'libc6-dev', why: 'builds the C parts of the Python clients' },
  { name: 'libxml2-dev', why: "the oVirt SDK's XML reader" },
  { name: 'qemu-utils', why: 'compares images' },
]

const govirtNeeds = [
  { name: 'python3-gi', why: 'calls libgovirt from Python' },
  { name: 'gir1.2-govirt-1.0', why: "libgovirt, the library of virt-viewer's oVirt support" },
]

/** Words of apt and pip that mean that a registry could not be reached, not that something is wrong here. */
const unreachable =
  /Temporary failure resolving|Could not connect|Unable to connect|Failed to fetch|Unable to fetch|NewConnectionError|ConnectTimeout|Read timed out|Connection (refused|reset|aborted)|Network is unreachable|No matching distribution found|Unable to locate package/i

function asSkip(what: string, error: unknown): unknown {
  const text = error instanceof Error ? error.message : String(error)
  return unreachable.test(text) ? new Skip(`${what}: a registry is not reachable: ${lastWords(text, 1)}`) : error
}

async function debianPackages(needs: typeof pythonNeeds): Promise<void> {
  const missing = await missingPackages(needs)
  if (missing.length === 0) return
  const out = output()
  out.info('These Debian packages and what they depend on will be installed:')
  for (const need of missing) out.info(`  ${need.name}  ${need.why}`)
  try {
    await step(out, 'Debian packages', s =>
      installPackages(
        missing.map(each => each.name),
        s,
      ),
    )
  } catch (error) {
    throw asSkip(missing.map(each => each.name).join(', '), error)
  }
}

/** The Python clients, ready to run. */
export interface PythonClients {
  /** The interpreter that has them. */
  readonly python: string
  /** Folder of the programs that came with them (`ovirt-img`). */
  readonly bin: string
  /** The SDK's own example programs, as published. */
  readonly examples: string
  /** `name version` of each. */
  readonly versions: readonly string[]
}

/**
 * The clients of `requirements.txt` in a virtual environment below `cache`, made when there is none for this list and this Python,
 * and the example programs out of the SDK's source archive. Fails with {@link Skip} when the registry cannot be reached.
 */
export async function pythonClients(cache: string): Promise<PythonClients> {
  await debianPackages(pythonNeeds)
  const requirements = join(import.meta.dirname, '..', 'requirements.txt')
  const text = await readFile(requirements, 'utf8')
  const pythonVersion = (await mustRun([systemPython, '--version'])).trim()
  const key = createHash('sha256').update(`${text}\n${pythonVersion}`).digest('hex').slice(0, 12)
  const folder = join(cache, `python-${key}`)
  if (!existsSync(join(folder, 'examples'))) {
    const out = output()
    await rm(folder, { recursive: true, force: true })
    await mkdir(cache, { recursive: true })
    try {
      await step(out, 'Python clients', () => build(folder, requirements, text))
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw asSkip('Python clients', error)
    }
  }
  const python = join(folder, 'bin', 'python')
  const frozen = await mustRun([python, '-m', 'pip', 'freeze', '--disable-pip-version-check'])
  const versions = frozen.split('\n').filter(line => line.startsWith('ovirt'))
  return { python, bin: join(folder, 'bin'), examples: join(folder, 'examples'), versions }
}

async function build(folder: string, requirements: string, text: string): Promise<void> {
  const python = join(folder, 'bin', 'python')
  await mustRun([systemPython, '-m', 'venv', folder])
  const pip = (words: string[]) =>
    mustRun([python, '-m', 'pip', '--disable-pip-version-check', '--no-input', ...words], { timeoutMs: 900_000 })
  await pip(['install', '--requirement', requirements])
  const sdk = /^ovirt-engine-sdk-python==\S+/m.exec(text)?.[0] ?? 'ovirt-engine-sdk-python'
  const source = join(folder, 'source')
  await pip(['download', '--no-deps', '--no-binary', ':all:', '--dest', source, sdk])
  const [archive] = (await readdir(source)).filter(name => name.endsWith('.tar.gz'))
  if (archive === undefined) throw new Error(`${sdk} was downloaded without its source archive`)
  await mustRun(['tar', '-C', source, '-xzf', join(source, archive)])
  // Last: with the folder of examples everything is there.
  await rename(join(source, archive.replace(/\.tar\.gz$/, ''), 'examples'), join(folder, 'examples'))
}

/** Ansible, ready to run. */
export interface AnsibleClient {
  /** The program that plays. */
  readonly playbook: string
  /** The interpreter that modules run with. */
  readonly python: string
  /** Where collections are found. */
  readonly collections: string
  /** `name version` of each. */
  readonly versions: readonly string[]
}

/** The release of the `ansible` package whose oVirt collection is played. */
const ansibleRelease = '12.3.0'

/**
 * Ansible and the oVirt collection 3.x in a virtual environment below `cache`. The package that carries the collection has a hundred
 * others; only this one is taken out of it. Fails with {@link Skip} when the registry cannot be reached.
 */
export async function ansibleClient(cache: string): Promise<AnsibleClient> {
  await debianPackages(pythonNeeds)
  const requirements = join(import.meta.dirname, '..', 'requirements-ansible.txt')
  const text = await readFile(requirements, 'utf8')
  const pythonVersion = (await mustRun([systemPython, '--version'])).trim()
  const key = createHash('sha256').update(`${text}\n${ansibleRelease}\n${pythonVersion}`).digest('hex').slice(0, 12)
  const folder = join(cache, `ansible-${key}`)
  const python = join(folder, 'bin', 'python')
  const collections = join(folder, 'collections')
  if (!existsSync(join(collections, 'ansible_collections', 'ovirt', 'ovirt'))) {
    await rm(folder, { recursive: true, force: true })
    await mkdir(cache, { recursive: true })
    try {
      await step(output(), 'Ansible', async () => {
        await mustRun([systemPython, '-m', 'venv', folder])
        const pip = (words: string[]) =>
          mustRun([python, '-m', 'pip', '--disable-pip-version-check', '--no-input', ...words], { timeoutMs: 900_000 })
        await pip(['install', '--requirement', requirements])
        const source = join(folder, 'source')
        await pip(['download', '--no-deps', '--only-binary', ':all:', '--dest', source, `ansible==${ansibleRelease}`])
        const [archive] = (await readdir(source)).filter(name => name.endsWith('.whl'))
        if (archive === undefined) throw new Error('ansible was downloaded without its archive')
        await mustRun([python, '-c', unpack, join(source, archive), `${collections}.new`], { timeoutMs: 300_000 })
        await rm(source, { recursive: true, force: true })
        // Last: with this folder everything is there.
        await rename(`${collections}.new`, collections)
      })
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw asSkip('Ansible', error)
    }
  }
  const manifest: unknown = JSON.parse(
    await readFile(join(collections, 'ansible_collections', 'ovirt', 'ovirt', 'MANIFEST.json'), 'utf8'),
  )
  const { version } = (manifest as { collection_info: { version: string } }).collection_info
  const core = /^ansible-core==(\S+)/m.exec(text)?.[1] ?? ''
  return {
    playbook: join(folder, 'bin', 'ansible-playbook'),
    python,
    collections,
    versions: [`ansible-core ${core}`, `ovirt.ovirt ${version}`],
  }
}

/** Takes one collection out of the archive of all of them. */
const unpack = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    for name in archive.namelist():
        if name.startswith('ansible_collections/ovirt/ovirt/'):
            archive.extract(name, sys.argv[2])
`

/** curl: installs it, gives its version. Fails with {@link Skip} when Debian cannot be reached. */
export async function curl(): Promise<string> {
  await debianPackages([{ name: 'curl', why: 'calls the API as recipes do' }])
  return (await mustRun(['curl', '--version'])).split(' ').slice(0, 2).join(' ')
}

/** libgovirt through Debian's Python: installs it, gives its version. Fails with {@link Skip} when Debian cannot be reached. */
export async function govirt(): Promise<string> {
  await debianPackages(govirtNeeds)
  const found = await runProgram(['dpkg-query', '-W', '-f', '${Version}', 'gir1.2-govirt-1.0'])
  return `gir1.2-govirt-1.0 ${found.stdout.trim()}`
}
