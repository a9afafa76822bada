import { createRequire } from 'node:module'

/** The release of this engine. */
export const version: string = (createRequire(import.meta.url)('../package.json') as { version: string }).version
