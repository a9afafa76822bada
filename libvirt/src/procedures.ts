/** All procedures that can be called by name: libvirt's own, and the QEMU program's behind a `qemu` prefix. */
import { qemuProcedures } from './generated/qemu.gen.ts'
import { remoteProcedures } from './generated/remote.gen.ts'
import type { ArgsOf, Procedure, RetOf } from './procedure.ts'

type RemoteTable = typeof remoteProcedures
type QemuTable = { [K in keyof typeof qemuProcedures as `qemu${Capitalize<K>}`]: (typeof qemuProcedures)[K] }

/** Name → procedure. */
export type ProcedureTable = RemoteTable & QemuTable
/** `domainCreate`, `nodeGetInfo`, `qemuDomainMonitorCommand`, … */
export type ProcedureName = keyof ProcedureTable
/** What a procedure takes. */
export type CallArgs<N extends ProcedureName> = ArgsOf<ProcedureTable[N]>
/** What a procedure answers. */
export type CallRet<N extends ProcedureName> = RetOf<ProcedureTable[N]>
/** A row whose types are not known where it is handled: the connection moves values it never looks into. */
export type AnyProcedure = Procedure<unknown, unknown>

const qemuTable = Object.fromEntries(
  Object.entries(qemuProcedures).map(([name, row]) => [`qemu${name.charAt(0).toUpperCase()}${name.slice(1)}`, row]),
) as QemuTable

export const procedures: ProcedureTable = { ...remoteProcedures, ...qemuTable }

/** The name of an event procedure by program and number, for messages the daemon sends unasked. */
export const eventNames: ReadonlyMap<string, ProcedureName> = new Map(
  (Object.keys(procedures) as ProcedureName[])
    .filter(name => procedures[name].event)
    .map(name => [eventKey(procedures[name].program, procedures[name].number), name]),
)

/** Key of `eventNames`. */
export function eventKey(program: number, number: number): string {
  return `${program}:${number}`
}
