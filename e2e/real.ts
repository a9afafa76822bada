import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tinyForTests } from '../lab/src/images/for-tests.ts'
import { missingTools } from '../lab/src/images/tools.ts'
import { ClosedFolder } from '../lab/src/site/folder.ts'
import { freePort, Instance } from '../lab/src/site/instance.ts'
import { hostTools } from '../lab/src/site/tools.ts'
import { noBrowser } from './browser.ts'

const missing = await missingTools(hostTools)
const image = process.getuid?.() === 0 && missing.length === 0 ? await tinyForTests() : { skip: '' }

/** Why a test with a real host cannot run on this machine; false when it can. */
export const noRealHost: string | false =
  process.getuid?.() !== 0
    ? 'needs root for a real host'
    : missing.length > 0
      ? `needs the Debian packages ${missing.map(tool => tool.package).join(', ')}`
      : 'skip' in image
        ? image.skip
        : noBrowser

/** The tiny guest: a disk that boots in seconds, and a CD. */
export function tiny(): { disk: string; iso: string } {
  if ('skip' in image) throw new Error(image.skip)
  return { disk: image.paths.disk, iso: image.paths.iso }
}

/** The whole product on this machine: `up`, a real host, and the admin's password. Everything of it goes with `close`. */
export interface RealSite {
  readonly origin: string
  readonly instance: Instance
  readonly password: string
  close(): Promise<void>
}

/** Brings the product up in a data directory of its own, as an administrator would. */
export async function realSite(): Promise<RealSite> {
  const folder = await ClosedFolder.make()
  const instance = new Instance({ dataDir: join(folder.path, 'site'), port: await freePort() })
  try {
    await instance.up()
  } catch (error) {
    await folder.remove()
    throw error
  }
  const password = (await readFile(join(instance.dataDir, 'secrets/admin-password'), 'utf8')).trim()
  return { origin: instance.origin, instance, password, close: async () => void (await folder.remove()) }
}
