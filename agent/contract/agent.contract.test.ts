import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { contractSuite } from '../../protocol/contract/suite.ts'
import { missingForDaemons } from '../../libvirt/test/daemon.ts'
import { tinyForTests } from '../../lab/src/images/for-tests.ts'
import { AgentHost } from '../test/fixture.ts'

const missing = await missingForDaemons()
const tiny = missing === null ? await tinyForTests() : null

if (missing !== null) describe('the contract, kept by the agent', () => test('runs', { skip: missing }))
else
  contractSuite('the agent', async () => {
    const host = await AgentHost.start()
    const guest =
      tiny === null || 'skip' in tiny
        ? {}
        : {
            guest: {
              disk: { file: tiny.paths.disk, format: 'qcow2' as const, capacity: 64 * 1024 * 1024 },
              memory: 256 * 1024 * 1024,
              machine: 'pc' as const,
              shutsDown: true,
              saves: true,
              serialText: 'ROOKERY-GUEST ready',
              guestAgentGraceSeconds: 3600,
            },
          }
    return {
      url: host.url,
      tls: host.tls('engine'),
      ...guest,
      makePath: async name => {
        const path = join(host.folder, name)
        mkdirSync(path)
        return path
      },
      patienceMs: 240_000,
      restart: async () => {
        await host.stopAgent('SIGKILL')
        await host.startAgent()
      },
      close: async () => {
        if (process.env.ROOKERY_AGENT_LOG !== undefined) process.stderr.write(host.log())
        await host[Symbol.asyncDispose]()
      },
    }
  })
