import { blake2bModule, inputOffset } from './blake2b-wasm.ts'

/**
 * BLAKE2b with a digest of 32 bytes (RFC 7693). OpenSSL offers only 64 bytes, and the shorter digest is no prefix of the
 * longer one: its length is part of the parameters.
 */
export interface Blake2b {
  update(bytes: Uint8Array): Blake2b
  /** 32 bytes; nothing may be added afterwards. */
  digest(): Buffer
}

const blockSize = 128
/** Bytes handed to the compression at once; a multiple of the block size. */
const batch = 32 * 1024

const { memory, compress } = blake2bModule()
// One memory for all hashes: each puts its own state there for the time of a call, and calls never overlap.
const state = new BigUint64Array(memory.buffer, 0, 8)
const input = new Uint8Array(memory.buffer, inputOffset, batch)

/** The initial state: the square roots of the first primes, and the parameters (32 bytes of digest, no key, fanout and depth 1). */
const initial = BigUint64Array.of(
  0x6a09e667f3bcc908n ^ 0x01010020n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
)

/** Starts a hash. */
export function blake2b256(): Blake2b {
  const h = BigUint64Array.from(initial)
  // What waits for more: the last block is compressed differently, so a full one is kept until something follows.
  const rest = new Uint8Array(batch)
  let filled = 0
  let counted = 0n

  const run = (bytes: Uint8Array, last: boolean) => {
    const blocks = Math.max(1, Math.ceil(bytes.length / blockSize))
    input.fill(0, bytes.length, blocks * blockSize)
    input.set(bytes)
    state.set(h)
    // The count goes up by a block before each; a last block counts only what is in it.
    const missing = BigInt(blocks * blockSize - bytes.length)
    compress(blocks, counted - missing, last ? -1n : 0n)
    h.set(state)
    counted += BigInt(bytes.length)
  }

  const hash: Blake2b = {
    update(bytes) {
      for (let at = 0; at < bytes.length; ) {
        if (filled === batch) {
          run(rest, false)
          filled = 0
        }
        const part = Math.min(batch - filled, bytes.length - at)
        rest.set(bytes.subarray(at, at + part), filled)
        filled += part
        at += part
      }
      return hash
    },
    digest() {
      const whole = Math.max(0, Math.ceil(filled / blockSize) - 1) * blockSize
      if (whole > 0) run(rest.subarray(0, whole), false)
      run(rest.subarray(whole, filled), true)
      return Buffer.from(h.buffer.slice(0, 32))
    },
  }
  return hash
}
