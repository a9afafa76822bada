import { join } from 'node:path'
import { RookeryError } from '@rookery/model'
import { buildTiny, type TinyImage } from './tiny.ts'
import { missingTools, type Tool } from './tools.ts'

/** The folder in which tests of this clone keep their image: built once, then found. */
export const testDataDir = join(import.meta.dirname, '../../../.cache/lab')

const bareQemu: Tool = { program: 'qemu-system-x86_64', package: 'qemu-system-x86' }

/**
 * The tiny image for a test, built in the clone's `.cache` by the first that asks, or the reason why there is none on this
 * machine: packages absent, no network for the first build. Other failures are failures.
 */
export async function tinyForTests(): Promise<TinyImage | { skip: string }> {
  const missing = await missingTools([bareQemu, { program: 'setpriv', package: 'util-linux' }])
  if (missing.length > 0) return { skip: `needs the Debian packages ${missing.map(tool => tool.package).join(', ')}` }
  try {
    return await buildTiny({ dataDir: testDataDir })
  } catch (error) {
    if (error instanceof RookeryError && (error.code.startsWith('lab.packages.') || error.kind === 'unsupported'))
      return { skip: error.message }
    throw error
  }
}
