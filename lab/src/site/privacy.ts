import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { processesOf } from './traces.ts'

/** Where one of `secrets` can be read although it must not: in a command line, an environment, or a file below `folders`. */
export async function leaks(
  dataDir: string,
  secrets: readonly string[],
  folders: readonly string[],
): Promise<string[]> {
  const holds = (text: string) => secrets.some(secret => text.includes(secret))
  const read = (file: string) => readFile(file, 'latin1').catch(() => '') // a process that ended, a socket
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter(n => /^\d+$/.test(n)))
    if (holds(await read(`/proc/${pid}/cmdline`))) found.push(`the words of process ${pid}`)
  for (const { pid, args } of await processesOf(dataDir))
    if (holds(await read(`/proc/${pid}/environ`))) found.push(`the environment of ${args}`)
  for (const folder of folders)
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name)
      if (entry.isFile() && holds(await read(file))) found.push(file)
    }
  return found
}

/** Owner and mode of a folder and of all above it, as text to compare. */
export async function rightsAbove(folder: string): Promise<string[]> {
  const { uid, gid, mode } = await stat(folder)
  const here = `${folder} ${uid}:${gid} ${mode.toString(8)}`
  return folder === '/' ? [here] : [here, ...(await rightsAbove(dirname(folder)))]
}
