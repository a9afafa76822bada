import { createHash } from 'node:crypto'

/** Numbers that depend only on the words they are asked for: the same seed is the same fleet. */
export interface Random {
  /** Between 0 and 1, decided by the words. */
  of(...words: readonly (string | number)[]): number
  /** Between two numbers, decided by the words. */
  between(low: number, high: number, ...words: readonly (string | number)[]): number
  /** A UUID (version 8: made by its own rules), decided by the words. */
  uuid(...words: readonly (string | number)[]): string
}

/** Randomness of a seed. */
export function seeded(seed: string | number): Random {
  const digest = (words: readonly (string | number)[]) =>
    createHash('sha256')
      .update(JSON.stringify([seed, ...words]))
      .digest()
  const of: Random['of'] = (...words) => digest(words).readUIntBE(0, 6) / 2 ** 48
  return {
    of,
    between: (low, high, ...words) => low + (high - low) * of(...words),
    uuid(...words) {
      const bytes = digest(words).subarray(0, 16)
      bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
      bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
      const hex = bytes.toString('hex')
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
    },
  }
}
