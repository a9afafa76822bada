import { join } from 'node:path'

/** Where the agent says which keepers there shall be: a configuration for each storage domain. */
export const keeperFolder = (dataDir: string): string => join(dataDir, 'keepers')

/** The files of the keeper of one domain. Short names: the path of a socket has 107 bytes at most. */
export function keeperFiles(o: { dataDir: string; runDir: string }, storageDomainId: string) {
  const short = join(o.runDir, 'k', storageDomainId.replaceAll('-', ''))
  return {
    config: join(keeperFolder(o.dataDir), `${storageDomainId}.json`),
    socket: short,
    state: `${short}.state`,
    watchdog: `${short}.fed`,
  }
}
