import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contractSuite, createTestPki } from '@rookery/protocol/contract/suite'
import { createSimulator } from '../src/simulator.ts'

contractSuite('the simulator', async () => {
  const pki = await createTestPki()
  const dataDir = mkdtempSync(join(tmpdir(), 'simulator.'))
  const start = (port: number) =>
    createSimulator({ tls: pki.host, hosts: 3, dataDir, seed: 'contract', listen: { host: '127.0.0.1', port } })
  let sim = await start(0)
  const port = Number(new URL(sim.url).port)
  return {
    url: sim.hostUrl(2),
    tls: pki.engine,
    guest: {
      disk: null,
      memory: 1024 ** 3,
      machine: 'q35',
      shutsDown: true,
      saves: true,
      serialText: 'login: ',
      guestAgentGraceSeconds: 5,
    },
    device: {
      type: 'ipmilan',
      address: 'bmc-1',
      port: null,
      username: 'admin',
      password: 'right',
      secure: false,
      options: {},
    },
    makePath: async name => `/pretended/${name}/${randomUUID()}`,
    async restart() {
      await sim.close()
      sim = await start(port)
    },
    async close() {
      await sim.close()
      rmSync(dataDir, { recursive: true })
    },
  }
})
