import { readdir, readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'

/**
 * The card for bridged networks where nobody names one: the only one that is plugged in, belongs to nothing else, and carries no address of
 * this machine. Null where there is none, or a choice to make: a card with an address is never taken from its machine.
 */
export async function spareCard(folder = '/sys/class/net'): Promise<string | null> {
  const addressed = new Set(
    Object.entries(networkInterfaces())
      .filter(([, list]) => list?.some(each => !each.address.startsWith('fe80:')))
      .map(([name]) => name),
  )
  const spare: string[] = []
  for (const name of await readdir(folder))
    if (!addressed.has(name) && (await isSpare(join(folder, name)))) spare.push(name)
  return spare.length === 1 ? (spare[0] ?? null) : null
}

/** Whether a card is an Ethernet card by itself: no bridge, tap or tunnel, in no bridge or bond, with a link. */
async function isSpare(folder: string): Promise<boolean> {
  const has = new Set(await readdir(folder).catch(() => []))
  if (['bridge', 'bonding', 'master', 'brport', 'tun_flags', 'bonding_slave'].some(name => has.has(name))) return false
  const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '') // a card that is down has no carrier
  const [type, carrier, flags] = await Promise.all(['type', 'carrier', 'flags'].map(read))
  const ethernet = type?.trim() === '1' && (Number(flags) & 0x8) === 0
  return ethernet && carrier?.trim() === '1'
}
