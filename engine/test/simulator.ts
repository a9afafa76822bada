import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createTestPki } from '@rookery/protocol/contract/pki'
import { Agent, request } from 'undici'

/** A fault as the simulator's `POST /simulator/hosts/<n>/faults` takes it. */
export type SimulatorFault = { kind: string; [more: string]: unknown }

/** What is on the storage behind a simulator's hosts. */
export interface SimulatorStorage {
  domains: {
    storageDomainId: string
    poolId: string | null
    path: string
    volumes: { ref: { imageId: string }; alias: string; description: string; capacity: number; legal: boolean }[]
  }[]
  tickets: string[]
}

/** A simulator as a process of its own, behind real mutual TLS. */
export interface SimulatorProcess {
  url: string
  hosts: number
  /** PEM files of the engine's side. */
  agentTls: { cert: string; key: string; ca: string }
  fault(host: number, fault: SimulatorFault): Promise<void>
  clearFaults(host: number): Promise<void>
  /** What a host is and does. */
  look(host: number): Promise<{
    /** With the ids of the disks, the MACs of the cards and the CD that are plugged in. */
    runs: { vmId: string; runId: string; status: string; disks: string[]; nics: string[]; medium: unknown }[]
    /** Nothing of it answers. */
    dead: boolean
    /** Connected domains. */
    storage: { storageDomainId: string }[]
    networks: { networkId: string }[]
  }>
  /** Guests on a host like the run `of` of any host, under ids of their own: up at once, and told like any other. */
  copies(host: number, of: string, runs: readonly { vmId: string; runId: string; name: string }[]): Promise<void>
  /** All storage domains with their volumes, and the image tickets that live. */
  storage(): Promise<SimulatorStorage>
  /** What should never have been. */
  violations(): Promise<unknown[]>
  /** SIGKILL: guests, storage and what the agents have written down stay. */
  kill(): Promise<void>
  /** Starts it again, at the same addresses. */
  start(): Promise<void>
  close(): Promise<void>
}

/** How long pretended work takes in tests: what they show does not depend on it, and there is much of it. */
export const pace = 0.05

/** Starts `simulator/src/main.ts`; with `lasts` what it is about outlives the process. */
export async function startSimulator(
  hosts: number,
  o: { seed?: string; lasts?: boolean } = {},
): Promise<SimulatorProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-sim-'))
  const pki = await createTestPki()
  const file = async (name: string, text: string) => {
    const path = join(folder, name)
    await writeFile(path, text, { mode: 0o600 })
    return path
  }
  const side = async (name: 'host' | 'engine') => ({
    cert: await file(`${name}.pem`, pki[name].cert),
    key: await file(`${name}.key`, pki[name].key),
    ca: await file(`${name}-ca.pem`, pki[name].ca),
  })
  const [tls, agentTls] = [await side('host'), await side('engine')]
  const { seed = 'engine tests', lasts = false } = o
  const told = { tls, hosts, seed, clock: 'real', pace, ...(lasts ? { dataDir: join(folder, 'data') } : {}) }
  const config = (port: number, imagesPort: number) =>
    file('simulator.json', JSON.stringify({ ...told, listen: { host: '127.0.0.1', port }, imagesPort }))
  const main = fileURLToPath(import.meta.resolve('@rookery/simulator/main'))
  let child: ChildProcess | undefined
  const run = async (port: number, imagesPort: number) => {
    const argv = [main, '--config', await config(port, imagesPort)]
    child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    return listening(child)
  }
  const end = () => void child?.kill('SIGKILL')
  process.once('exit', end)
  const gone = async (signal: NodeJS.Signals) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
  try {
    const { url, imagesUrl } = await run(0, 0)
    const agent = new Agent({ connect: { ca: pki.engine.ca, cert: pki.engine.cert, key: pki.engine.key } })
    const call = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) => {
      const answer = await request(`${url}/simulator${path}`, {
        method,
        dispatcher: agent,
        headers: { 'content-type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
      })
      const text = await answer.body.text()
      if (answer.statusCode >= 300) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text}`)
      return text === '' ? undefined : JSON.parse(text)
    }
    return {
      url,
      hosts,
      agentTls,
      fault: (host, fault) => call('POST', `/hosts/${host}/faults`, fault),
      clearFaults: host => call('DELETE', `/hosts/${host}/faults`),
      look: host => call('GET', `/hosts/${host}`),
      copies: (host, of, runs) => call('POST', `/hosts/${host}/copies`, { of, runs }),
      storage: () => call('GET', '/storage'),
      violations: async () => (await call('GET', '')).violations,
      kill: () => gone('SIGKILL'),
      start: async () => void (await run(Number(new URL(url).port), Number(new URL(imagesUrl).port))),
      close: async () => {
        await agent.destroy()
        process.off('exit', end)
        await gone('SIGTERM')
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    end()
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function listening(child: ChildProcess): Promise<{ url: string; imagesUrl: string }> {
  if (child.stdout === null) throw new Error('the simulator has no output')
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, url, imagesUrl } = JSON.parse(line) as { msg?: string; url?: string; imagesUrl?: string }
    if (msg !== 'listening' || url === undefined || imagesUrl === undefined) continue
    child.stdout.resume()
    return { url, imagesUrl }
  }
  throw new Error('the simulator ended before it listened')
}
