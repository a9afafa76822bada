import { open } from 'node:fs/promises'
import { give, type Owner } from './files.ts'

/** Makes a file of zeros that takes no space, of exactly this size; one that is there is kept when it is at least as long. */
export async function makeSpecialFile(path: string, size: number, mode: number, owner: Owner): Promise<void> {
  const handle = await open(path, 'a+', mode)
  try {
    if ((await handle.stat()).size < size) await handle.truncate(size)
    await give(handle, mode, owner)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
