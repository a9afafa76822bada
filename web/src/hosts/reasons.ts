import { hostCan, hostStatuses } from '@rookery/model'
import type { HostRow } from '../api/rows.ts'
import { useReason } from '../templates/use-reason.ts'

/** Statuses that pass by themselves, and those in which an agent does not answer. */
const passing = ['preparing_for_maintenance', 'connecting', 'initializing', 'reboot', 'kdumping']
const silent = ['connecting', 'non_responsive', 'installing']

/** From which statuses an action on a host works; the engine asks the same. */
const rules = {
  activate: hostCan.activate.from,
  maintenance: hostCan.deactivate.from,
  refresh: hostStatuses.filter(status => !silent.includes(status)),
} as const
export type HostAction = keyof typeof rules

/** Says why an action cannot be done with a host now; undefined when it can. */
export function useHostReason(): (action: HostAction, host: HostRow) => string | undefined {
  const reason = useReason()
  return (action, host) => reason('host', rules[action], host, passing)
}
