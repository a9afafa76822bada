/**
 * BLAKE2b with a digest of 32 bytes (RFC 7693). OpenSSL offers only 64 bytes, and the shorter digest is no prefix of the
 * longer one: its length is part of the parameters. Words of 64 bits are pairs of 32 (low, high), which JavaScript adds fast.
 */
export interface Blake2b {
  update(bytes: Uint8Array): Blake2b
  /** 32 bytes; nothing may be added afterwards. */
  digest(): Buffer
}

const iv = Uint32Array.from([
  0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a, 0xade682d1,
  0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19,
])

/** Which word of the message each step takes: rounds of 16, the first two come again at the end. */
const sigma = (() => {
  const rows = [
    '0123456789abcdef',
    'ea489fd61c02b753',
    'b8c052fdae367194',
    '7931dcbe265a40f8',
    '905724afe1bc683d',
    '2c6a0b834d75fe19',
    'c51fed4a0763928b',
    'db7ec13950f4862a',
    '6fe9b308c2d714a5',
    'a2847615fb9e3cd0',
  ]
  const all = [...rows, rows[0], rows[1]].join('')
  return Uint8Array.from(all, digit => Number.parseInt(digit, 16) * 2)
})()

const v = new Uint32Array(32)
const m = new Uint32Array(32)

/** One quarter step on the words a, b, c, d (indices of their low halves) with the message words x and y. */
function mix(a: number, b: number, c: number, d: number, x: number, y: number): void {
  let al = v[a] as number
  let ah = v[a + 1] as number
  let bl = v[b] as number
  let bh = v[b + 1] as number
  let cl = v[c] as number
  let ch = v[c + 1] as number
  let dl = v[d] as number
  let dh = v[d + 1] as number
  let low: number
  let swap: number

  low = (al >>> 0) + (bl >>> 0) + ((m[x] as number) >>> 0)
  ah = (ah + bh + (m[x + 1] as number) + ((low / 0x100000000) | 0)) | 0
  al = low | 0
  swap = dl ^ al
  dl = dh ^ ah
  dh = swap
  low = (cl >>> 0) + (dl >>> 0)
  ch = (ch + dh + ((low / 0x100000000) | 0)) | 0
  cl = low | 0
  bl ^= cl
  bh ^= ch
  swap = (bl >>> 24) | (bh << 8)
  bh = (bh >>> 24) | (bl << 8)
  bl = swap

  low = (al >>> 0) + (bl >>> 0) + ((m[y] as number) >>> 0)
  ah = (ah + bh + (m[y + 1] as number) + ((low / 0x100000000) | 0)) | 0
  al = low | 0
  dl ^= al
  dh ^= ah
  swap = (dl >>> 16) | (dh << 16)
  dh = (dh >>> 16) | (dl << 16)
  dl = swap
  low = (cl >>> 0) + (dl >>> 0)
  ch = (ch + dh + ((low / 0x100000000) | 0)) | 0
  cl = low | 0
  bl ^= cl
  bh ^= ch
  swap = (bh >>> 31) | (bl << 1)
  bh = (bl >>> 31) | (bh << 1)
  bl = swap

  v[a] = al
  v[a + 1] = ah
  v[b] = bl
  v[b + 1] = bh
  v[c] = cl
  v[c + 1] = ch
  v[d] = dl
  v[d + 1] = dh
}

function compress(h: Uint32Array, block: Buffer, counted: number, last: boolean): void {
  for (let i = 0; i < 32; i++) m[i] = block.readUInt32LE(i * 4)
  v.set(h)
  v.set(iv, 16)
  v[24] = (v[24] as number) ^ (counted >>> 0)
  v[25] = (v[25] as number) ^ Math.floor(counted / 0x100000000)
  if (last) {
    v[28] = ~(v[28] as number)
    v[29] = ~(v[29] as number)
  }
  for (let s = 0; s < sigma.length; s += 16) {
    const word = (n: number) => sigma[s + n] as number
    mix(0, 8, 16, 24, word(0), word(1))
    mix(2, 10, 18, 26, word(2), word(3))
    mix(4, 12, 20, 28, word(4), word(5))
    mix(6, 14, 22, 30, word(6), word(7))
    mix(0, 10, 20, 30, word(8), word(9))
    mix(2, 12, 22, 24, word(10), word(11))
    mix(4, 14, 16, 26, word(12), word(13))
    mix(6, 8, 18, 28, word(14), word(15))
  }
  for (let i = 0; i < 16; i++) h[i] = (h[i] as number) ^ (v[i] as number) ^ (v[i + 16] as number)
}

/** Starts a hash. */
export function blake2b256(): Blake2b {
  const h = Uint32Array.from(iv)
  // Parameter block: 32 bytes of digest, no key, fanout and depth 1.
  h[0] = (h[0] as number) ^ 0x01010020
  const block = Buffer.alloc(128)
  let filled = 0
  let counted = 0
  const hash: Blake2b = {
    update(bytes) {
      const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      let at = 0
      while (at < input.length) {
        // A full block waits until more comes: the last one is compressed differently.
        if (filled === 128) {
          counted += 128
          compress(h, block, counted, false)
          filled = 0
        }
        if (filled === 0)
          for (; input.length - at > 128; at += 128) {
            counted += 128
            compress(h, input.subarray(at, at + 128), counted, false)
          }
        const part = Math.min(128 - filled, input.length - at)
        input.copy(block, filled, at, at + part)
        filled += part
        at += part
      }
      return hash
    },
    digest() {
      block.fill(0, filled)
      compress(h, block, counted + filled, true)
      const digest = Buffer.alloc(32)
      for (let i = 0; i < 8; i++) digest.writeUInt32LE((h[i] as number) >>> 0, i * 4)
      return digest
    },
  }
  return hash
}
