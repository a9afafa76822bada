import { FenceDevice } from '@rookery/protocol'
import { z } from 'zod'
import { id, seenVersion } from '../input.ts'

/** What people say of the power management of a host, with a default for each word. */
export const PowerManagement = z.strictObject({
  enabled: z.boolean().default(false),
  /** Kept for clients: a host that dumps its kernel is not waited for yet. */
  kdumpDetection: z.boolean().default(true),
  /** The scheduling policy may switch the host off and on. */
  automatic: z.boolean().default(false),
})
export type PowerManagement = z.infer<typeof PowerManagement>

/** What came of the last try to fence a host that does not answer. */
export interface FencingState {
  /** ISO time. */
  at: string
  /** `skipped`: it was not tried, and is when the reason is gone. `agent_restarted`: that was tried, over SSH; power is next. */
  outcome: 'agent_restarted' | 'skipped' | 'failed' | 'fenced' | 'confirmed'
  reason: FenceReason | null
  /** The sentence for people. */
  message: string
  /** How often it was tried in vain. */
  tries: number
}

/** Why a host that does not answer is not fenced. */
export type FenceReason =
  | 'not_configured'
  | 'disabled'
  | 'connectivity_broken'
  | 'storage_active'
  | 'no_proxy'
  | 'failed'

/** A fence agent of a host as queries return it; its password is never among it. */
export interface FenceAgentRow {
  id: string
  hostId: string
  position: number
  concurrent: boolean
  type: string
  address: string
  port: number | null
  username: string
  encryptOptions: boolean
  options: Record<string, string>
  createdAt: Date
  version: number
}

/** A fence agent with its sealed password. */
export type SealedAgent = FenceAgentRow & { password: string }

const shape = FenceDevice.shape
const changeable = {
  address: shape.address,
  username: shape.username,
  password: shape.password,
  port: shape.port,
  encryptOptions: z.boolean(),
  /** All of them: what is not said any more is not told to the agent. */
  options: shape.options.refine(value => Object.keys(value).length <= 50, 'at most 50 options'),
  concurrent: z.boolean(),
  position: z.int().min(1).max(100),
}

/** Input of `fenceAgent.add`. Without a position it is asked after the others. */
export const AddFenceAgent = z.strictObject({
  hostId: id,
  type: shape.type,
  address: changeable.address,
  username: changeable.username.default(''),
  password: changeable.password.default(''),
  port: changeable.port.default(null),
  encryptOptions: changeable.encryptOptions.default(false),
  options: changeable.options.default({}),
  concurrent: changeable.concurrent.default(false),
  position: changeable.position.optional(),
})

/** Input of `fenceAgent.update`; what is absent stays. */
export const UpdateFenceAgent = z
  .strictObject({ type: shape.type, ...changeable })
  .partial()
  .extend({ id, version: seenVersion })

/** Input of `fenceAgent.remove`. */
export const OneFenceAgent = z.strictObject({ id })

/** What can be done to the power of a host. `confirm`: a person says that it was rebooted, and nothing is switched. */
export const FenceHow = z.enum(['restart', 'stop', 'start', 'status', 'confirm'])
export type FenceHow = z.infer<typeof FenceHow>

/** Input of `host.fence`. */
export const FenceHost = z.strictObject({ id, how: FenceHow })
