import { unauthenticated } from '@rookery/model'
import type { FastifyInstance } from 'fastify'
import type { Db } from '../db/index.ts'
import { sessionOf } from '../identity/sessions.ts'
import { bearer } from './bearer.ts'
import type { Metrics } from './metrics.ts'

const healthMs = 2000

/** `/health` for supervisors and balancers, `/metrics` for Prometheus. */
export function addWellKnown(
  app: FastifyInstance,
  o: { db: Db; metrics: Metrics; version: string; instanceId: string; leaseHolds: () => boolean },
): void {
  app.get('/health', async (_request, reply) => {
    const database = await answers(o.db)
    const ok = database && o.leaseHolds()
    reply.code(ok ? 200 : 503).header('cache-control', 'no-store')
    return {
      status: ok ? 'ok' : 'failing',
      database: database ? 'up' : 'down',
      engine: o.instanceId,
      version: o.version,
    }
  })
  // Names of operations and counts are nobody's secret on this machine; from elsewhere they take a sign-in.
  app.get('/metrics', async (request, reply) => {
    if (!isLoopback(request.ip)) {
      const { actor } = await sessionOf(o.db, bearer(request) ?? '')
      if (!actor.everything) throw unauthenticated('metrics.permit', 'Metrics are for those who see everything.')
    }
    const { type, text } = await o.metrics.scrape()
    reply.type(type).send(text)
  })
}

const isLoopback = (ip: string): boolean => ip === '::1' || /^(::ffff:)?127\./.test(ip)

async function answers(db: Db): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>(resolve => {
    timer = setTimeout(() => resolve(false), healthMs)
  })
  const asked = db.sql`select 1`.then(
    () => true,
    () => false,
  )
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}
