import { runKeeper } from './programs.ts'

// Runs until it is killed: `node keeper/main.ts FILE`, a KeeperConfig in JSON.
await runKeeper(process.argv[2] ?? '')
