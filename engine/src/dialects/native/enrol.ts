import { EnrolmentRequest } from '@rookery/protocol'
import type { FastifyInstance } from 'fastify'
import { parse } from '../../core/call.ts'
import type { EngineHandle } from '../../engine.ts'
import { enrol } from '../../inventory/enrol/enrol.ts'

/** `POST /api/enroll`: the one thing that a machine may ask for without a session, with a join token in its place. */
export function enrolmentRoute(app: FastifyInstance, engine: EngineHandle): void {
  app.post('/api/enroll', { bodyLimit: 32 * 1024 }, async (request, reply) => {
    reply.header('cache-control', 'no-store')
    return enrol(engine, parse('enroll', EnrolmentRequest, request.body))
  })
}
