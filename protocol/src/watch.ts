import { runStatuses } from '@rookery/model'
import { z } from 'zod'
import { bytes, uuid } from './refs.ts'

const order = { incarnation: z.int(), seq: z.int() }

/** What the guest says of itself through its agent; nulls where it did not answer. */
export const GuestReport = z.object({
  hostname: z.string().nullable(),
  osName: z.string().nullable(),
  osVersion: z.string().nullable(),
  kernel: z.string().nullable(),
  timezone: z.string().nullable(),
  nics: z.array(z.object({ name: z.string(), mac: z.string().nullable(), addresses: z.array(z.string()) })),
})
export type GuestReport = z.infer<typeof GuestReport>

/** How far the migration of a run is; told by the host that it leaves. Bytes and milliseconds. */
export const MigrationProgress = z.object({
  total: z.number(),
  remaining: z.number(),
  /** Bytes a second, now. */
  rate: z.number(),
  /** Passes over the memory so far. */
  iteration: z.int(),
  /** The longest pause that is allowed now. */
  downtimeLimit: z.number(),
  elapsedMs: z.number(),
  /** The guest runs at the target already and fetches the rest of its memory. */
  postCopy: z.boolean(),
})
export type MigrationProgress = z.infer<typeof MigrationProgress>

/** One run of a VM as its host sees it. */
export const RunReport = z.object({
  vmId: uuid,
  runId: uuid,
  status: z.enum(runStatuses),
  /** Why it is paused: `user`, `io_error`, `no_space`, `migration`, ...; null when it is not. */
  pauseReason: z.string().nullable(),
  /** Epoch milliseconds of the domain's start. */
  startedAt: z.number().nullable(),
  guestAgent: z.boolean(),
  guest: GuestReport.nullable(),
  /** Null while it does not leave, and from agents that do not say. */
  migration: MigrationProgress.nullable().default(null),
})
export type RunReport = z.infer<typeof RunReport>

/** Why a run is over. `saved`: by `vm.save`. `lost`: the domain was gone when the agent looked. */
export const RunEnd = z.enum(['shutdown', 'destroyed', 'crashed', 'saved', 'migrated', 'failed', 'lost'])
export type RunEnd = z.infer<typeof RunEnd>

/** How a run ended. */
export const EndedRun = z.object({ vmId: uuid, runId: uuid, end: RunEnd, detail: z.string().nullable() })
export type EndedRun = z.infer<typeof EndedRun>

/** How many ends a host remembers at most, and for how long: enough for an engine that was away over a long weekend. */
export const rememberedEnds = { count: 1000, ms: 7 * 86_400_000 } as const

/** The storage lease of this host on a domain, and what it sees there of other hosts. Seconds. */
export const LeaseReport = z.object({
  /** `away`: its keeper has not joined yet, or does not answer. `expired`: guests on it are paused. `ended`: it was declared dead. */
  state: z.enum(['valid', 'expired', 'ended', 'away']),
  /** Since the last renewal that counts. */
  age: z.number().nullable(),
  /** Whether a watchdog lets this host promise to be gone in time. */
  watchdog: z.boolean(),
  /** Every life of another host's keeper: how long it was seen not to move, and whether that is long enough to call it dead by time. */
  others: z.array(
    z.object({ hostUuid: uuid, unmoved: z.number().nullable(), looksDead: z.boolean(), dead: z.boolean() }),
  ),
})
export type LeaseReport = z.infer<typeof LeaseReport>

/** Space and health of a connected storage domain; `files` only for ISO domains. */
export const StorageReport = z.object({
  storageDomainId: uuid,
  ok: z.boolean(),
  /** The reason in the words of the system, when not ok. */
  detail: z.string().nullable(),
  available: bytes,
  used: bytes,
  files: z.array(z.object({ name: z.string(), size: bytes })).nullable(),
  /** Absent for a domain without leases. */
  lease: LeaseReport.optional(),
})
export type StorageReport = z.infer<typeof StorageReport>

/** Load of a host: fractions of all CPUs between 0 and 1, memory in bytes. */
export const HostStats = z.object({
  cpuUser: z.number(),
  cpuSystem: z.number(),
  cpuIdle: z.number(),
  load5: z.number(),
  memoryUsed: bytes,
  memoryFree: bytes,
  memoryShared: bytes,
  swapTotal: bytes,
  swapUsed: bytes,
  ksmCpu: z.number(),
  bootTime: z.number(),
})
export type HostStats = z.infer<typeof HostStats>

/** Load of a run over the last interval: CPU as the fraction of its own vCPUs, rates per second. */
export const RunStats = z.object({
  runId: uuid,
  vmId: uuid,
  cpu: z.number(),
  cpuTimeNs: z.number(),
  memoryUsed: bytes,
  memoryUnused: bytes.nullable(),
  memoryBuffers: bytes.nullable(),
  memoryCached: bytes.nullable(),
  rxBytes: z.number(),
  txBytes: z.number(),
  rxTotal: bytes,
  txTotal: bytes,
  disks: z.array(
    z.object({
      diskId: uuid.nullable(),
      readBytes: z.number(),
      writeBytes: z.number(),
      readOps: z.number(),
      writeOps: z.number(),
      readLatency: z.number(),
      writeLatency: z.number(),
      flushLatency: z.number(),
      allocation: bytes,
    }),
  ),
})
export type RunStats = z.infer<typeof RunStats>

/**
 * A line of `GET /v1/watch` (NDJSON). First `listing`: everything there is, and how
 * the last runs ended (`rememberedEnds`), so that a run that ended while nobody watched is not just missing. Then changes as they happen, `heartbeat` at least every
 * 5 seconds, `stats` every 15. (incarnation, seq) grows with every line that says something about runs; the reader drops older ones.
 */
export const WatchLine = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('listing'),
    ...order,
    runs: z.array(RunReport),
    /** The oldest first; none of `runs`. Empty from agents that do not remember. */
    ended: z.array(EndedRun).default([]),
    storage: z.array(StorageReport),
    networks: z.array(uuid),
  }),
  z.object({ type: z.literal('run'), ...order, run: RunReport }),
  z.object({ type: z.literal('ended'), ...order, ...EndedRun.shape }),
  z.object({ type: z.literal('storage'), ...order, storage: StorageReport }),
  z.object({
    type: z.literal('task'),
    id: uuid,
    state: z.enum(['running', 'finished', 'failed', 'cancelled']),
    progress: z.number().nullable(),
  }),
  z.object({ type: z.literal('stats'), at: z.number(), host: HostStats, runs: z.array(RunStats) }),
  z.object({ type: z.literal('heartbeat'), at: z.number() }),
])
export type WatchLine = z.infer<typeof WatchLine>
