import { conflict } from '@rookery/model'
import type { Sql } from '../../db/index.ts'
import { lockWord } from '../../inventory/access.ts'
import type { MacPoolRow } from './types.ts'

/** `56:6f:00:00:00:0a` as a number. */
export const macNumber = (mac: string): number => Number.parseInt(mac.replaceAll(':', ''), 16)

/** A number as `56:6f:00:00:00:0a`. */
export const macText = (n: number): string =>
  n
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?=.)/g, '$&:')

/** The lowest address of the range that is not used; `used` is in ascending order. */
export function lowestFree(range: { from: string; to: string }, used: readonly string[]): string | undefined {
  let candidate = macNumber(range.from)
  for (const mac of used) {
    const n = macNumber(mac)
    if (n > candidate) break
    if (n === candidate) candidate++
  }
  return candidate <= macNumber(range.to) ? macText(candidate) : undefined
}

/** The range of an installation: 65,536 addresses that are as good as its own, so that two on one cable seldom meet. */
export function defaultRange(engineId: string): { from: string; to: string } {
  const own = `${engineId.slice(0, 2)}:${engineId.slice(2, 4)}`
  return { from: `56:6f:${own}:00:00`, to: `56:6f:${own}:ff:ff` }
}

/**
 * An address for a new card, held until the transaction ends: the asked one, refused when another card has it, else the lowest
 * free one of the default pool.
 *
 * @throws `conflict` when the address is taken or the pool is empty
 */
export async function takeMac(sql: Sql, asked: string | undefined, except: string | null = null): Promise<string> {
  await lockWord(sql, 'mac pool')
  const pool = await sql.one<MacPoolRow>`select * from mac_pool where is_default limit 1`
  if (asked !== undefined) {
    const others = await sql`select 1 from nic where mac = ${asked} and id is distinct from ${except}::uuid limit 1`
    if (others.length > 0 && !pool.allowDuplicates)
      throw conflict('nic.mac_taken', `The MAC Address ${asked} is already in use.`)
    return asked
  }
  for (const range of pool.ranges) {
    // MACs are lower case and of one length, so that their texts sort as they do.
    const used = await sql<{
      mac: string
    }>`select mac from nic where mac between ${range.from} and ${range.to} order by mac`
    const free = lowestFree(
      range,
      used.map(row => row.mac),
    )
    if (free !== undefined) return free
  }
  throw conflict('mac_pool.empty', `Not enough MAC addresses left in MAC Address Pool ${pool.name}.`)
}
