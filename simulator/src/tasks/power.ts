import { internal, unavailable } from '@rookery/model'
import type { PowerState, TaskOf } from '@rookery/protocol'
import type { SimHost } from '../host.ts'
import { cutPower, givePower, hasPower } from '../trouble.ts'
import type { Plan } from './table.ts'

/**
 * How fence agents are pretended: the digits at the end of the option `slot`, or else of the address, are the number of the host whose
 * power they switch, and that power is real. Type `missing` is a program that is not there, password `wrong` is refused by the device.
 */
export function powerPlan(host: SimHost, task: TaskOf<'power.fence'>): Plan {
  const { device, action } = task
  return {
    ms: [50, 500],
    effect(): PowerState {
      if (device.type === 'missing')
        throw unavailable('fence.no_program', `This host has no fence agent fence_${device.type}.`)
      if (device.password === 'wrong') throw failed(device, action, 'the login was refused')
      const target = targetOf(host, device.options['slot'] ?? device.address)
      if (target === undefined) throw failed(device, action, 'nothing answers there')
      if (action === 'off') cutPower(target)
      if (action === 'on') givePower(target)
      return { power: hasPower(target) ? 'on' : 'off' }
    },
  }
}

function targetOf(host: SimHost, word: string): SimHost | undefined {
  const digits = /(\d+)$/.exec(word)?.[1]
  return digits === undefined ? undefined : host.fleet.hostAt(Number(digits))
}

const failed = (device: { type: string; address: string }, action: string, why: string) =>
  internal('fence.failed', `fence_${device.type} could not do "${action}" at ${device.address}: ${why}`)
