import type { VmRow } from '../api/rows.ts'

/** The addresses that a guest told of, those that others can reach: IPv4 first, no loopback, no link-local ones. */
export function addressesOf(vm: Pick<VmRow, 'guest'>): string[] {
  const all = vm.guest?.nics.flatMap(nic => nic.addresses.map(address => address.split('/')[0] ?? '')) ?? []
  const reachable = all.filter(a => a !== '' && a !== '::1' && !a.startsWith('127.') && !/^fe[89ab]/i.test(a))
  return [...reachable.filter(a => !a.includes(':')), ...reachable.filter(a => a.includes(':'))]
}
