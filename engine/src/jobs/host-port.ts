import type { AgentClient } from '@rookery/protocol/client'

/** What jobs need of the client of a host, and `inventory` for whoever compares. */
export type HostClient = Pick<AgentClient, 'runTask' | 'cancelTask' | 'acknowledge' | 'inventory'>

/** How jobs reach hosts; inventory implements it. */
export interface HostPort {
  /** The client of a host; throws `notFound` for a host that was removed. */
  client(hostId: string): Promise<HostClient>
  /** Whether the host is known to have lost everything it did since then: it was fenced, or a person confirmed its reboot. */
  isFenced(hostId: string, since: Date): Promise<boolean>
}
