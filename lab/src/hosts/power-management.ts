import { readFile } from 'node:fs/promises'
import type { Engine } from './engine.ts'
import { switchUser } from './power-switch.ts'
import { type LabPaths, type LabSettings, SWITCH_PORT, switchAddress } from './settings.ts'
import type { HostSaid } from './site.ts'

/** The fence agent of a lab, in the engine's words: the program is `fence_rookery_lab`. */
const agentType = 'rookery_lab'

/** Says of each host by which outlet of the lab's power switch it can be fenced, as an administrator says it; what was said before stays. */
export async function setPowerManagement(
  engine: Engine,
  hosts: readonly HostSaid[],
  lab: LabPaths,
  settings: LabSettings,
): Promise<void> {
  const known = await engine.query<{ hostId: string; type: string }[]>('fenceAgent.list', {
    hostIds: hosts.map(host => host.id),
  })
  const password = await readFile(lab.switchPassword, 'utf8')
  for (const { id, name } of hosts) {
    if (known.some(agent => agent.hostId === id)) continue
    await engine.op('fenceAgent.add', {
      hostId: id,
      type: agentType,
      address: switchAddress(settings),
      port: SWITCH_PORT,
      username: switchUser,
      password,
      options: { slot: name },
    })
    await engine.op('host.update', { id, powerManagement: { enabled: true } })
  }
}
