import { mkdir, rm } from 'node:fs/promises'
import { hrtime } from 'node:process'
import { fileBackend } from '../images/file-backend.ts'
import { createImagesListener } from '../images/server.ts'
import { serveAsRaw } from '../images/serve-raw.ts'
import type { Ticket } from '../images/ticket.ts'
import { createTickets, type OpenImage, type Tickets } from '../images/tickets.ts'
import { bootId } from '../keeper/state.ts'
import type { CreateStorage, StoragePort } from '../storage-port.ts'
import { type Confinement, createConfinement } from './confine.ts'
import { createConnections } from './connections.ts'
import type { Owner } from './files.ts'
import { createHandlers } from './handlers.ts'
import { connected, connectedData, type HostStorage } from './host-storage.ts'
import { layoutGid, layoutUid } from './layout/constants.ts'
import { createQemuImg, type QemuImg } from './qemu-img.ts'
import { names, storageInventory } from './inventory.ts'
import { isLeased } from './lease-area.ts'
import { leftBehind } from './left-behind.ts'
import { createSpmEpochs } from './spm.ts'
import { isoPathOf, openVolume, requireMeta, volumePathOf } from './volume-files.ts'

/** How often tickets are written down and expired ones closed. */
const tidyEveryMs = 5000

/**
 * Storage of this host: domains in oVirt's layout, volumes, and transfers of images.
 *
 * Who owns what: the engine decides which domains are connected and which volumes exist; this module remembers over a restart what
 * is connected, which epoch of each pool it has seen, and which tickets are alive. Everything else is on the storage itself, and is
 * read from there each time. Every change is made so that a crash in the middle leaves either the old state or garbage that is recognised:
 * a domain is renamed into place, a volume exists from its `.meta` on, an image that is being removed has another name.
 */
export const createStorage: CreateStorage = (deps): StoragePort => {
  const { log, runDir } = deps
  const stateDir = `${deps.dataDir}/storage`
  const owner: Owner = process.getuid?.() === 0 ? { uid: layoutUid, gid: layoutGid } : null
  const clock = () => Number(hrtime.bigint() / 1_000_000n) / 1000
  const connections = createConnections({
    file: `${stateDir}/connections.json`,
    mountRoot: `${runDir}/mnt`,
    owner,
    qemuOwner: deps.qemuOwner,
    everyMs: deps.reportEveryMs ?? 10_000,
    imageInTurn: deps.imageInTurn,
    leases: deps.leases,
    log,
  })
  const epochs = createSpmEpochs(`${stateDir}/epochs.json`)

  // What this machine allows is found out once, by the first who needs it.
  let confinement: Promise<Confinement> | null = null
  const confined = () => {
    confinement ??= createConfinement(owner?.gid ?? null, log)
    return confinement
  }
  const qemuImg = lateQemuImg(confined)

  let serversStarted = 0
  const open = async (terms: Ticket['terms'], hash: string): Promise<OpenImage> => {
    const domain = connectedData(connections.domains, terms.volume.storageDomainId)
    const meta = await requireMeta(domain, terms.volume)
    const file = await openVolume(domain, terms.volume, terms.ops, owner)
    try {
      if (terms.serve === 'raw' && terms.format === 'qcow2')
        return await serveAsRaw(file, {
          confinement: await confined(),
          folder: `${runDir}/nbd/${hash.slice(0, 16)}-${++serversStarted}`,
          asRoot: owner !== null,
          readOnly: terms.ops === 'read',
          capacity: meta.capacity,
        })
      const sparse = meta.allocation === 'SPARSE'
      return { backend: fileBackend(file, { format: terms.format, sparse, qemuImg }), server: null }
    } catch (error) {
      await file.close()
      throw error
    }
  }
  const tickets: Tickets = createTickets({ folder: `${stateDir}/tickets`, log, open, clock, boot: bootId() })

  const storage: HostStorage = {
    log,
    owner,
    qemuImg,
    epochs,
    domains: connections.domains,
    hasWriter: tickets.hasWriter,
    hasTicket: tickets.hasTicket,
  }
  let tidying: NodeJS.Timeout | null = null
  return {
    handlers: createHandlers({ ...deps, storage, connections, tickets }),
    volumePath: ref => volumePathOf(connected(connections.domains, ref.storageDomainId), ref, owner),
    leased: id => isLeased(connections.domains.get(id)?.connection),
    isoPath: ref => isoPathOf(connected(connections.domains, ref.storageDomainId), ref),
    reports: connections.reports,
    onReport: connections.onReport,
    imagesListener: createImagesListener(tickets, log),
    async inventory(storageDomainIds) {
      const all = tickets.all()
      const { storage, volumes, found } = await storageInventory(connections.domains.values(), storageDomainIds)
      return {
        storage,
        volumes,
        imageTickets: all.map(({ hash, volume, expired }) => ({ hash, volume, expired })),
        found: [...found, ...(await leftBehind({ stateDir, nbdDir: `${runDir}/nbd`, tickets: all }))],
      }
    },
    async start() {
      await mkdir(stateDir, { recursive: true, mode: 0o700 })
      await epochs.load()
      await connections.start()
      await tickets.load()
      // Whatever served images before is gone by now; this is what it left.
      await rm(`${runDir}/nbd`, { recursive: true, force: true })
      for (const name of await names(stateDir))
        if (name.endsWith('.new')) await rm(`${stateDir}/${name}`, { force: true })
      tidying = setInterval(() => {
        tickets.tidy().catch((error: unknown) => log.error({ err: error }, 'the ticket journal cannot be written'))
      }, tidyEveryMs)
    },
    async stop() {
      if (tidying !== null) clearInterval(tidying)
      await connections.stop()
      await tickets.stop()
    },
  }
}

/** `qemu-img` whose confinement is found out when it is first needed. */
function lateQemuImg(confined: () => Promise<Confinement>): QemuImg {
  const tool = async () => createQemuImg(await confined())
  return {
    createQcow2: async (...args) => (await tool()).createQcow2(...args),
    resizeQcow2: async (...args) => (await tool()).resizeQcow2(...args),
    infoQcow2: async (...args) => (await tool()).infoQcow2(...args),
    checkQcow2: async (...args) => (await tool()).checkQcow2(...args),
    map: async (...args) => (await tool()).map(...args),
  }
}
