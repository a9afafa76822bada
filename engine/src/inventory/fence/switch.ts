import type { FenceDevice, PowerState } from '@rookery/protocol'
import type { Job } from '../../jobs/index.ts'
import type { Proxy } from './store.ts'

/** Whose power is switched: the devices that do it, and the hosts that may ask them, the best first. */
export interface Target {
  agents: readonly { position: number; concurrent: boolean; device: FenceDevice }[]
  proxies: readonly Proxy[]
}

type Action = 'status' | 'off' | 'on'

/** How long a fence agent may take, seconds; and how long a host that was asked to run it may be silent, milliseconds. */
const timeoutSeconds = 60
const patienceMs = 20_000

/**
 * Asks the devices of a host through one host after the other, until those of one position agree to do it. Concurrent ones of a position
 * work together: a host with two power supplies is off when both are.
 */
export async function switchPower(
  j: Job,
  name: string,
  action: Action,
  { agents, proxies }: Target,
): Promise<{ ok: true; power: PowerState['power'] } | { ok: false; reason: string }> {
  const failures: string[] = []
  for (const proxy of proxies)
    for (const [n, group] of groupsOf(agents).entries()) {
      const attempt = await j.attempt(`${name} by ${proxy.name}${n === 0 ? '' : `, agents ${n + 1}`}`, async j =>
        Promise.all(
          group.map((device, k) =>
            // No undo: who cut the power does not give it back because the rest went wrong.
            j.host<PowerState>(
              k === 0 ? 'ask' : `ask ${k + 1}`,
              proxy.id,
              { kind: 'power.fence', action, device, timeoutSeconds },
              undefined,
              { patienceMs },
            ),
          ),
        ),
      )
      if (attempt.ok) return { ok: true, power: together(attempt.value.map(answer => answer.power)) }
      failures.push(`${proxy.name}: ${attempt.error.message}`)
    }
  return { ok: false, reason: failures.length === 0 ? 'No other host is up to switch its power.' : failures.join(' ') }
}

/** Devices that are asked together, in order. */
function groupsOf(agents: Target['agents']): FenceDevice[][] {
  const groups = new Map<string, FenceDevice[]>()
  for (const [n, { position, concurrent, device }] of agents.entries()) {
    const key = concurrent ? `${position}` : `${position} alone ${n}`
    groups.set(key, [...(groups.get(key) ?? []), device])
  }
  return [...groups.values()]
}

/** Off when all are off; on when one is. */
export const together = (powers: readonly PowerState['power'][]): PowerState['power'] =>
  powers.every(power => power === 'off') ? 'off' : powers.some(power => power === 'on') ? 'on' : 'unknown'
