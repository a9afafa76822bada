import { join } from 'node:path'
import { connection } from '@rookery/postgres'
import { seenBy } from '../instance/paths.ts'
import { bridgePrefix, type Settings } from '../instance/settings.ts'
import { reach } from '../system/https.ts'

/** The common name of the certificate that the engine shows to agents; agents let in nobody else. */
export const ENGINE_CLIENT = 'rookery-engine'

/** The files that engine, agent and simulator read, with the paths that they see. `databaseUrl` is the outside database's. */
export function configs(s: Settings, dataDir: string, databaseUrl: string | undefined, log = 'info') {
  const data = seenBy(s, dataDir).data
  const tls = (folder: string, name: string) => ({
    cert: join(data, folder, `tls/${name}.crt`),
    key: join(data, folder, `tls/${name}.key`),
    ca: join(data, 'ca.crt'),
  })
  return {
    engine: {
      engineId: s.engineId,
      database: databaseUrl === undefined ? connection({ socket: join(data, 'postgres/run') }) : { url: databaseUrl },
      listen: { host: s.listen, port: s.port },
      tls: tls('engine', 'server'),
      agentTls: tls('engine', 'agents'),
      agentBundle: join(seenBy(s, dataDir).app, 'agent/dist/agent.mjs'),
      authority: { cert: join(data, 'ca.crt'), key: join(data, 'engine/tls/authority.key') },
      adminPasswordFile: join(data, 'secrets/admin-password'),
      dataDir: join(data, 'engine'),
      fqdn: s.fqdn,
      advertiseUrl: `https://${reach(s.fqdn, s.port)}`,
      localHost:
        s.mode === 'host'
          ? {
              name: s.hostName,
              url: `https://127.0.0.1:${s.agentPort}`,
              address: advertised(s),
              storagePath: join(data, 'storage/data'),
              isoPath: join(data, 'storage/iso'),
            }
          : null,
      simulator:
        s.simulate > 0
          ? { url: `https://127.0.0.1:${s.simulatorPort}`, hosts: s.simulate, storagePath: '/srv/rookery/data' }
          : null,
      log: { level: log },
    },
    agent: {
      listen: { host: '127.0.0.1', port: s.agentPort },
      imagesListen: { host: s.listen, port: s.imagesPort },
      advertise: advertised(s),
      tls: { ...tls('agent', 'server'), clientName: ENGINE_CLIENT },
      dataDir: join(data, 'agent'),
      runDir: '/run/rookery/agent',
      engineId: s.engineId,
      libvirtSocket: '/run/libvirt/libvirt-sock',
      accel: s.accel,
      network: { bridgePrefix: bridgePrefix(s), subnet: s.subnet },
      log: { level: log },
    },
    simulator: {
      listen: { host: '127.0.0.1', port: s.simulatorPort },
      tls: tls('simulator', 'server'),
      hosts: Math.max(1, s.simulate),
      dataDir: join(data, 'simulator'),
    },
  }
}

/** What clients are told to dial: the address that is listened at, or the machine's name when that is all of them. */
export const advertised = (s: Settings): string => (s.listen === '0.0.0.0' || s.listen === '::' ? s.fqdn : s.listen)
