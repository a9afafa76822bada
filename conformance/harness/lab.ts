import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun } from './run-program.ts'

const door = join(import.meta.dirname, '..', '..', 'rookery')

interface LabSaid {
  cluster: string
  subnet: string
  storageDomains: { name: string }[]
  hosts: { name: string; address: string; rootPasswordFile?: string }[]
}

/** A lab in an instance, as plays need it: two hosts, and a machine with SSH that becomes one. */
export interface PlayedLab {
  /** What plays read, see ansible/vars/lab.yml. */
  readonly env: NodeJS.ProcessEnv
  /** Runs a command in the machine. */
  exec(...words: string[]): Promise<void>
  /** Takes the lab away. */
  down(): Promise<void>
}

/** Brings up the lab of an instance. Takes a minute, and root. */
export async function playedLab(dataDir: string): Promise<PlayedLab> {
  const run = (words: string[]) => mustRun([door, 'lab', ...words, '--data-dir', dataDir], { timeoutMs: 600_000 })
  const said = JSON.parse(await run(['up', '--yes', '--json', '--hosts', '2', '--bare', '1'])) as LabSaid
  const machine = said.hosts.find(host => host.rootPasswordFile !== undefined)
  if (machine?.rootPasswordFile === undefined) throw new Error('lab up --bare 1 made no machine')
  const hosts = said.hosts.filter(host => host !== machine).map(host => host.name)
  return {
    env: {
      LAB_CLUSTER: said.cluster,
      LAB_DOMAIN: said.storageDomains[0]?.name,
      LAB_HOSTS: hosts.join(','),
      LAB_MACHINE: machine.address,
      LAB_MACHINE_NAME: machine.name,
      LAB_MACHINE_PASSWORD: (await readFile(machine.rootPasswordFile, 'utf8')).trim(),
      LAB_SWITCH: said.subnet.replace(/\.\d+\/\d+$/, '.3'),
      LAB_SWITCH_PASSWORD: (await readFile(join(dataDir, 'lab', 'switch-password'), 'utf8')).trim(),
    },
    exec: async (...words) =>
      void (await mustRun([door, 'lab', 'exec', '--data-dir', dataDir, machine.name, '--', ...words], {
        timeoutMs: 60_000,
      })),
    down: async () => void (await run(['down'])),
  }
}
