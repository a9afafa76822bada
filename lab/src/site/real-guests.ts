import { tinyForTests } from '../images/for-tests.ts'
import { missingTools } from '../images/tools.ts'
import { hostTools } from './tools.ts'

/** The disk that guests of a test boot from, or why there can be none here. */
export async function realGuests(): Promise<{ skip: string | false; image: string }> {
  if (process.getuid?.() !== 0) return { skip: 'needs root for real hosts', image: '' }
  const missing = await missingTools(hostTools)
  if (missing.length > 0)
    return { skip: `needs the Debian packages ${missing.map(tool => tool.package).join(', ')}`, image: '' }
  const tiny = await tinyForTests()
  return 'skip' in tiny ? { skip: tiny.skip, image: '' } : { skip: false, image: tiny.paths.disk }
}
