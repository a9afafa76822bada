import { createHash } from 'node:crypto'

/** Names every id that is made of a job and a step (RFC 9562, version 5). */
const namespace = Buffer.from('6f0f5a5c2b9c5b0f9e0d4a1f7c3e8b21', 'hex')

/** UUID version 5 of these parts: the same parts give the same id, in every engine. */
export function stableUuid(...parts: readonly string[]): string {
  const hash = createHash('sha1').update(namespace).update(parts.join('\0')).digest().subarray(0, 16)
  hash[6] = ((hash[6] as number) & 0x0f) | 0x50
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80
  const hex = hash.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
