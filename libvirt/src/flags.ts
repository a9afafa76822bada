/** Options in words → libvirt's flag bits. */

/** The sum of the flags whose condition holds: `flags([paused, VIR_DOMAIN_START_PAUSED], …)`. */
export function flags(...chosen: readonly (readonly [on: boolean | undefined, flag: number])[]): number {
  let sum = 0
  for (const [on, flag] of chosen) if (on) sum |= flag
  // Bit 31 would make the number negative, and the wire type is unsigned.
  return sum >>> 0
}
