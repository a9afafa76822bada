/** A part of an image. `zero`: reads as zeros. `hole`: no layer of a qcow2 holds it. */
export interface Extent {
  start: number
  length: number
  zero: boolean
  hole: boolean
}

/** What an image's bytes are read from and written to. Offsets and lengths are bytes and lie inside the size. */
export interface ImageBackend {
  /** How many connections a client may use at once. */
  readonly maxReaders: number
  readonly maxWriters: number
  /** False once whatever serves the image has ended by itself; then it is to be closed and opened anew. */
  readonly alive: boolean
  size(): Promise<number>
  /** Reads into the buffer; returns how many bytes there were, fewer only at the end. */
  read(into: Buffer, offset: number): Promise<number>
  write(bytes: Buffer, offset: number): Promise<void>
  /** Makes a range read as zeros, giving its blocks back where the volume is sparse. */
  zero(offset: number, length: number): Promise<void>
  /** Returns when everything written is on disk. */
  flush(): Promise<void>
  /** The whole image in order and without gaps, neighbours of one kind joined. */
  extents(): Promise<Extent[]>
  close(): Promise<void>
}

/** Cuts or fills a list of extents so that it covers exactly `size` bytes, and joins equal neighbours. */
export function coverWhole(extents: readonly Extent[], size: number): Extent[] {
  const whole: Extent[] = []
  let at = 0
  const push = (length: number, zero: boolean, hole: boolean) => {
    const last = whole.at(-1)
    if (last !== undefined && last.zero === zero && last.hole === hole) last.length += length
    else whole.push({ start: at, length, zero, hole })
    at += length
  }
  for (const extent of extents) {
    const length = Math.min(extent.length, size - at)
    if (length > 0) push(length, extent.zero, extent.hole)
  }
  // Saying "data" of what nothing is known about is always right.
  if (at < size) push(size - at, false, false)
  return whole
}
