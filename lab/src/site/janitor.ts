/**
 * The janitor of a {@link ClosedFolder}: waits until nobody holds its standard input any more, then leaves nothing of the
 * instances below the folder it is given. First in the product's own way, then, for a product that is broken, by force.
 */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../images/run.ts'
import { rookery } from './door.ts'
import { Instance } from './instance.ts'
import { linkNames, processesOf, tablesOf } from './traces.ts'
import { until } from '../guest/until.ts'

const folder = process.argv[2]
if (!folder?.includes('/rookery-site.')) throw new TypeError('janitor: the folder to take away is missing')
process.stdin.resume().on('end', () => void clean(folder))

async function clean(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await takeDown(join(folder, name))
  // A data directory may be a file system of its own.
  const mounted = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map(line => line.split(' ')[4] ?? '')
  for (const point of mounted.filter(each => each.startsWith(`${folder}/`)).toReversed())
    await run('umount', ['--lazy', point])
  await rm(folder, { recursive: true, force: true })
  process.exit(0)
}

async function takeDown(dataDir: string): Promise<void> {
  const prefix = await new Instance({ dataDir, port: 0 }).prefix().catch(() => undefined) // it was never set up
  if (prefix === undefined) return
  await rookery(['lab', 'down', '--data-dir', dataDir], { timeoutMs: 120_000 })
  await rookery(['down', '--vms', '--timeout', '5', '--data-dir', dataDir], { timeoutMs: 120_000 })
  // Again and again: whatever keeps others running may do so until it is gone itself.
  await until('its processes to end', async () => {
    const left = await processesOf(dataDir)
    for (const { pid } of left) end(pid)
    return left.length === 0
  })
  for (const name of await linkNames())
    if (name.startsWith(prefix)) await run('ip', ['link', 'delete', 'dev', name, 'type', 'bridge'])
  for (const table of await tablesOf(prefix)) await run('nft', ['delete', 'table', ...table.split(' ')])
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it ended with its parent
  }
}
