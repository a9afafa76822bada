import { chown, copyFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expectMarker } from '@rookery/lab/guest/serial'
import type { Group, Setting } from '../groups.ts'
import { type Answerers, runClient } from '../harness/client-program.ts'
import { type PythonClients, pythonClients } from '../harness/preparation.ts'
import { type Report, Skip } from '../harness/report.ts'
import { rfbHandshake } from '../net/rfb.ts'
import { openSerial } from '../net/serial.ts'
import { Api } from '../raw/api.ts'
import { recorded } from './recorded.ts'

const programs = join(import.meta.dirname, '..', 'ovirtsdk4')

/** Each a program of that name. */
const parts = ['walk', 'errors', 'transfers', 'tools', 'tour', 'corners']

/** The same, each recorded as a client of its own: so that its samples can be recorded anew without those of all others. */
const ownSamples = ['scheduling', 'fencing', 'hosts']

/** The oVirt Python SDK and the programs around it. */
export const sdkGroup: Group = {
  name: 'ovirtsdk4',
  async run(report, setting) {
    const clients = await prepared(report, setting.cache)
    if (clients === undefined) return
    report.say(`  ${clients.versions.join(', ')}`)
    const wanted = (of: readonly string[]) =>
      of.filter(each => setting.parts.length === 0 || setting.parts.includes(each))
    const run = (client: string, some: readonly string[]) =>
      recorded(setting, client, async environment => {
        const env = { ...environment, ROOKERY_BIN: clients.bin, ROOKERY_EXAMPLES: clients.examples }
        for (const program of some)
          await runClient(report.group(program), [clients.python, join(programs, `${program}.py`)], {
            env,
            cwd: setting.scratch,
            timeoutMs: 1_800_000,
            answerers: answerers(setting),
          })
      })
    if (wanted(parts).length > 0) await run('ovirtsdk4', wanted(parts))
    for (const program of wanted(ownSamples)) await run(`ovirtsdk4-${program}`, [program])
  },
}

/** The clients, or undefined with the reason reported. */
export async function prepared(report: Report, cache: string): Promise<PythonClients | undefined> {
  try {
    return await pythonClients(cache)
  } catch (error) {
    if (error instanceof Skip) report.skip('everything', error.message)
    else report.fail('the client is installed', error instanceof Error ? error.message : String(error))
    return undefined
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** What the programs ask this side for. */
function answerers(setting: Setting): Answerers {
  return {
    /** `vm` and `word`: the fields of the guest's line on the serial console, the first in this run of the VM. */
    serial: async question => {
      const api = await Api.signIn(setting.instance)
      const console = await openSerial(api.http, api.token, text(question['vm']))
      try {
        return await expectMarker(console.stream, text(question['word']), 300_000)
      } finally {
        console.close()
        api.http.close()
      }
    },
    rfb: question => rfbHandshake(text(question['host']), Number(question['port']), text(question['password'])),
    /** Puts tiny.iso into the ISO domain's folder, as its administrator would. */
    iso: async question => {
      const domain = text(question['domain'])
      const folder = join(
        await isoFolder(setting.instance.dataDir, domain),
        domain,
        'images',
        '11111111-1111-1111-1111-111111111111',
      )
      const file = join(folder, 'tiny.iso')
      await copyFile(setting.images.iso, file)
      await chown(file, 36, 36) // vdsm:kvm, the owner of everything in a domain
      return null
    },
  }
}

/** The folder below the data directory that holds the ISO domain. */
async function isoFolder(dataDir: string, domain: string): Promise<string> {
  const folder = join(dataDir, 'storage', 'iso')
  if (!(await readdir(folder)).includes(domain)) throw new Error(`${folder} does not hold the domain ${domain}`)
  return folder
}
