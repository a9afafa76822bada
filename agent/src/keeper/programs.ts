import { openSync, readFileSync, writeSync } from 'node:fs'
import { HostKeeper } from './host-keeper.ts'
import { Keepers } from './keepers.ts'
import { keeperFolder } from './places.ts'
import { KeeperConfig } from './requests.ts'

/** The keeper of one storage domain, until it is killed. What happens is said on standard output, one JSON a line. */
export async function runKeeper(file: string): Promise<void> {
  const config = KeeperConfig.parse(JSON.parse(readFileSync(file, 'utf8')))
  const keeper = await HostKeeper.start(config, says)
  await keeper.listen()
  says({ event: 'ready' })
}

/** Keeps all keepers of a host running, until it is killed. */
export function runKeepers(
  config: { dataDir: string; watchdog: string | null },
  words: (file: string) => readonly string[],
): void {
  const { watchdog } = config
  // From its opening on a device must be fed.
  const device = watchdog === null ? null : openSync(watchdog, 'w')
  const feed = device === null ? null : () => void writeSync(device, '1', watchdog?.startsWith('/dev/') ? null : 0)
  new Keepers({ folder: keeperFolder(config.dataDir), words, watchdog: feed, log: says }).start()
}

/** Whoever reads may be gone: what is kept does not depend on it. */
function says(event: object): void {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`)
}
process.stdout.on('error', () => {})
