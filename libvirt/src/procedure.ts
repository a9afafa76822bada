/** One row of a generated procedure table: where a call goes and how its two halves look on the wire. */
import type { Codec } from './xdr.ts'

/** How a procedure carries a data stream after its reply, seen from the client. */
export type StreamDirection = 'read' | 'write'

export interface Procedure<Args, Ret> {
  /** Program number: 0x20008086 is libvirt itself, 0x20008087 the QEMU additions. */
  readonly program: number
  readonly version: number
  readonly number: number
  readonly args: Codec<Args>
  readonly ret: Codec<Ret>
  /** An event: sent by the daemon with `args` as its body, never called. */
  readonly event: boolean
  /** Marked `@priority: high`: the daemon promises not to wait for a hypervisor, so it may pass waiting calls. */
  readonly urgent: boolean
  readonly stream: StreamDirection | undefined
}

/** The argument type of a procedure. */
export type ArgsOf<P> = P extends Procedure<infer Args, infer _> ? Args : never
/** The reply type of a procedure. */
export type RetOf<P> = P extends Procedure<infer _, infer Ret> ? Ret : never

/** Builds a table row; used by the generated files. */
export function procedure<Args, Ret>(
  program: number,
  version: number,
  number: number,
  args: Codec<Args>,
  ret: Codec<Ret>,
  extras: { event?: true; urgent?: true; stream?: StreamDirection } = {},
): Procedure<Args, Ret> {
  return {
    program,
    version,
    number,
    args,
    ret,
    event: extras.event ?? false,
    urgent: extras.urgent ?? false,
    stream: extras.stream,
  }
}
