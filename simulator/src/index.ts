/**
 * A fleet of pretended hosts behind the agent contract (`@rookery/protocol`). One process, real mutual TLS, thousands of hosts at
 * `/hosts/<n>`; nothing that speaks the contract can tell them from agents. Guests live and die by a clock that tests can turn,
 * everything that looks like chance comes from a seed, and faults are made to order.
 *
 * Each effect of a task happens at one moment and in this one process, so what a host says is always in one piece; what real
 * hosts do half and find again later is the real agent's to test.
 */
export * from './clock.ts'
export type { Fault, FaultKind } from './faults.ts'
export type { Violation } from './fleet.ts'
export * from './simulator.ts'
