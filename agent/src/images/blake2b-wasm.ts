/**
 * The compression function of BLAKE2b (RFC 7693, section 3.2) as WebAssembly, put together at start. JavaScript has no fast 64-bit
 * integers: the same function on pairs of 32 bits hashed 26 MB a second, this one twenty times as much.
 *
 * Memory: the state's eight words at 0, the input from `inputOffset` on. `compress(blocks, counted, last)` takes `blocks` blocks of
 * 128 bytes; `counted` are the bytes before them, `last` is all ones for the final block.
 */

/** Where the input lies in the module's memory. */
export const inputOffset = 1024

const op = {
  loop: 0x03,
  end: 0x0b,
  branchIf: 0x0d,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  load64: 0x29,
  store64: 0x37,
  const32: 0x41,
  const64: 0x42,
  add32: 0x6a,
  sub32: 0x6b,
  add64: 0x7c,
  xor64: 0x85,
  rotateRight64: 0x8a,
} as const

/** Which word of the message each quarter step takes: rounds of 16; the last two rounds repeat the first two. */
const schedule = [
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
  '0123456789abcdef',
  'ea489fd61c02b753',
].map(row => Array.from(row, digit => Number.parseInt(digit, 16)))

/** The words a, b, c, d of each of a round's eight steps: the columns, then the diagonals. */
const steps = ['048c', '159d', '26ae', '37bf', '05af', '16bc', '278d', '349e'].map(row =>
  Array.from(row, digit => Number.parseInt(digit, 16)),
)

const iv = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
]

/** Locals: three parameters, then the input's position and the sixteen working words. */
const local = { blocks: 0, counted: 1, last: 2, at: 3, v: (n: number) => 4 + n }

/** Signed LEB128. */
function signed(value: bigint): number[] {
  const bytes: number[] = []
  let rest = BigInt.asIntN(64, value)
  for (;;) {
    const byte = Number(rest & 0x7fn)
    rest >>= 7n
    const done = (rest === 0n && (byte & 0x40) === 0) || (rest === -1n && (byte & 0x40) !== 0)
    bytes.push(done ? byte : byte | 0x80)
    if (done) return bytes
  }
}

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest]
    bytes.push((rest & 0x7f) | 0x80)
  }
}

/** The message word n at the input's position; aligned to 8 bytes. */
const message = (n: number) => [op.get, local.at, op.load64, 3, ...unsigned(n * 8)]
const word = (n: number) => [op.get, local.v(n)]

/** x = x + y [+ message word] */
const add = (x: number, y: number, m?: number) => [
  ...word(x),
  ...word(y),
  op.add64,
  ...(m === undefined ? [] : [...message(m), op.add64]),
  op.set,
  local.v(x),
]
/** x = rotate right (x ^ y) by bits */
const turn = (x: number, y: number, bits: bigint) => [
  ...word(x),
  ...word(y),
  op.xor64,
  op.const64,
  ...signed(bits),
  op.rotateRight64,
  op.set,
  local.v(x),
]

function quarter(places: readonly number[], x: number, y: number): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = places
  return [
    ...add(a, b, x),
    ...turn(d, a, 32n),
    ...add(c, d),
    ...turn(b, c, 24n),
    ...add(a, b, y),
    ...turn(d, a, 16n),
    ...add(c, d),
    ...turn(b, c, 63n),
  ]
}

const range8 = [0, 1, 2, 3, 4, 5, 6, 7]
const stateWord = (n: number) => [op.const32, 0, op.load64, 3, ...unsigned(n * 8)]

function body(): number[] {
  const rounds = schedule.flatMap(order =>
    steps.flatMap((places, n) => quarter(places, order[2 * n] as number, order[2 * n + 1] as number)),
  )
  return [
    ...[op.const32, ...signed(BigInt(inputOffset)), op.set, local.at],
    ...[op.loop, 0x40],
    ...[op.get, local.counted, op.const64, ...signed(128n), op.add64, op.set, local.counted],
    ...range8.flatMap(n => [...stateWord(n), op.set, local.v(n)]),
    ...range8.flatMap(n => [op.const64, ...signed(iv[n] as bigint), op.set, local.v(8 + n)]),
    ...[...word(12), op.get, local.counted, op.xor64, op.set, local.v(12)],
    ...[...word(14), op.get, local.last, op.xor64, op.set, local.v(14)],
    ...rounds,
    ...range8.flatMap(n => [
      ...[op.const32, 0, ...stateWord(n), ...word(n), op.xor64, ...word(8 + n), op.xor64],
      ...[op.store64, 3, ...unsigned(n * 8)],
    ]),
    ...[op.get, local.at, op.const32, ...signed(128n), op.add32, op.set, local.at],
    ...[op.get, local.blocks, op.const32, 1, op.sub32, op.tee, local.blocks, op.branchIf, 0],
    op.end,
    op.end,
  ]
}

const section = (id: number, ...content: number[]) => [id, ...unsigned(content.length), ...content]
const name = (text: string) => [text.length, ...Buffer.from(text)]

function assemble(): Uint8Array<ArrayBuffer> {
  const type = { i32: 0x7f, i64: 0x7e, function: 0x60 }
  // One local of 32 bits and sixteen of 64 beside the parameters.
  const code = [2, 1, type.i32, 16, type.i64, ...body()]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, type.function, 3, type.i32, type.i64, type.i64, 0),
    ...section(3, 1, 0),
    ...section(5, 1, 0, 1),
    ...section(7, 2, ...name('memory'), 2, 0, ...name('compress'), 0, 0),
    ...section(10, 1, ...unsigned(code.length), ...code),
  ])
}

/** The module's one page of memory and its one function. */
export interface Blake2bModule {
  memory: { readonly buffer: ArrayBuffer }
  compress(blocks: number, counted: bigint, last: bigint): void
}

/** As much of the platform's WebAssembly as is used; the language's own library of types lacks it without the browser's. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  Instance: new (module: object) => { exports: unknown }
}

/** Compiles the module; takes about a millisecond. */
export function blake2bModule(): Blake2bModule {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(assemble()))
  // The shape of what we have put together ourselves; WebAssembly's own type knows it only as "some exports".
  return instance.exports as Blake2bModule
}
