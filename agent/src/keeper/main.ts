import { readFileSync } from 'node:fs'
import { HostKeeper } from './host-keeper.ts'
import { KeeperConfig } from './requests.ts'

// Runs until it is killed: `node keeper/main.ts FILE`, a KeeperConfig in JSON. What happens is said on standard output, one JSON a line.
const config = KeeperConfig.parse(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')))
const keeper = await HostKeeper.start(config, event => process.stdout.write(`${JSON.stringify(event)}\n`))
await keeper.listen()
process.stdout.write('{"event":"ready"}\n')
