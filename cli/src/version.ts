import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { appRoot } from './instance/paths.ts'

/** The version of the product: the root package's. */
export const version: string = (JSON.parse(readFileSync(join(appRoot, 'package.json'), 'utf8')) as { version: string })
  .version
