import type { HostRow } from '../api/rows.ts'

type Facts = NonNullable<HostRow['facts']>

/** How many threads the CPUs of a host have together. */
export const threadsOf = ({ cpu }: Pick<Facts, 'cpu'>): number => cpu.sockets * cpu.cores * cpu.threads

/** The network interfaces of a host that lead somewhere: all but the loopback. */
export const linksOf = ({ nics }: Pick<Facts, 'nics'>) => nics.filter(nic => nic.name !== 'lo')
