import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { listenFor } from '@rookery/cli/supervisor/control'
import { openDoor } from './door.ts'
import { LabMachine } from './machine.ts'
import { serveSwitch, type SwitchAction, type SwitchSaid } from './power-switch.ts'
import type { LabReport, LabReply, LabRequest } from './power.ts'
import { hostAddress, labPaths, type LabSettings, readLab } from './settings.ts'
import { Wires } from './wires.ts'

/**
 * The lab's own process: mains, switches and cables of its hosts. It starts and kills them and does what is asked on its socket. When it
 * ends, however it ends, the kernel takes hosts, namespaces and cables away: nothing of a lab can be left behind.
 */
const { values } = parseArgs({ options: { 'data-dir': { type: 'string' } } })
const dataDir = values['data-dir']
if (!dataDir) throw new TypeError('lab: --data-dir is missing')
process.title = `rookery-lab ${dataDir}`

const lab = labPaths(dataDir)
const machines = new Map<string, LabMachine>()
const settingsNow = async (): Promise<LabSettings> => {
  const settings = await readLab(lab)
  if (settings === undefined) throw new Error(`${lab.settings} is not there: "rookery lab up" makes it`)
  return settings
}

const wires = await Wires.make(await settingsNow(), lab)
await openDoor(dataDir, await settingsNow())
serveSwitch(await wires.listenForSwitch(), await readFile(lab.switchPassword, 'utf8'), switchPower)

/** The machine of this name; hosts that were added to the settings since are known too. */
async function machine(name: string): Promise<LabMachine> {
  const settings = await settingsNow()
  for (const { number } of settings.hosts) {
    const fresh = new LabMachine(number, settings, lab)
    if (!machines.has(fresh.name)) machines.set(fresh.name, fresh)
  }
  const found = machines.get(name)
  if (found === undefined) throw new Error(`This lab has no host ${name}; it has ${[...machines.keys()].join(', ')}.`)
  return found
}

async function report(): Promise<LabReport> {
  const settings = await settingsNow()
  const hosts = await Promise.all(
    settings.hosts.map(async ({ number }) => {
      const one = await machine(`h${number}`)
      const programs = await one.programs()
      return {
        name: one.name,
        address: hostAddress(settings, number),
        power: one.pid === undefined ? ('off' as const) : ('on' as const),
        ...(one.pid === undefined ? {} : { pid: one.pid }),
        cutFrom: wires.cutsOf(one.name),
        programs: programs?.children ?? [],
      }
    }),
  )
  return { pid: process.pid, hosts }
}

/** Hosts are switched one after the other only when it is the same one. */
const turns = new Map<string, Promise<unknown>>()
function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(name) ?? Promise.resolve()).then(work, work)
  turns.set(name, turn)
  return turn
}

async function answer(request: LabRequest): Promise<LabReply> {
  switch (request.do) {
    case 'status':
      return { report: await report() }
    case 'start': {
      const one = await machine(request.host)
      await inTurn(one.name, () => one.start(pid => wires.plug(one.number, pid, one.address)))
      return { done: true }
    }
    case 'kill': {
      const one = await machine(request.host)
      await inTurn(one.name, () => one.kill())
      return { done: true }
    }
    case 'partition':
      await machine(request.host)
      await inTurn('wires', () => wires.cut(request.host, request.from))
      return { done: true }
    case 'heal':
      await machine(request.host)
      await inTurn('wires', () => wires.heal(request.host))
      return { done: true }
    case 'stop':
      await Promise.all([...machines.values()].map(one => inTurn(one.name, () => one.shutdown())))
      await wires.remove()
      setTimeout(() => process.exit(0), 50) // the answer is on its way
      return { done: true }
  }
}

/** What fence agents ask for, at the switch's own address on the wire. */
async function switchPower(action: SwitchAction, outlet: string): Promise<SwitchSaid> {
  if (action === 'list') return { outlets: (await settingsNow()).hosts.map(({ number }) => `h${number}`) }
  const one = await machine(outlet)
  if (action === 'on') await answer({ do: 'start', host: outlet })
  if (action === 'off') await answer({ do: 'kill', host: outlet })
  return { power: one.pid === undefined ? 'off' : 'on' }
}

await listenFor<LabRequest, LabReply>(
  lab.socket,
  ['status', 'start', 'kill', 'partition', 'heal', 'stop'],
  async request => {
    try {
      return await answer(request)
    } catch (error) {
      return { failed: error instanceof Error ? error.message : String(error) }
    }
  },
)
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => void answer({ do: 'stop' }).catch(() => process.exit(1)))
