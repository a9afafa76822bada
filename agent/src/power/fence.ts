import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { internal, unavailable } from '@rookery/model'
import type { FenceDevice, PowerState } from '@rookery/protocol'
import { type ProgramEnd, tryProgram } from '../run-program.ts'
import type { Handlers, PowerKind } from '../tasks/registry.ts'

/** Runs the fence agents of this machine. `folders`: where their programs are looked for, in order. */
export function powerHandlers(folders: readonly string[]): Handlers<PowerKind> {
  return {
    'power.fence': async ({ action, device, timeoutSeconds }, { signal, log }): Promise<PowerState> => {
      const program = await programOf(folders, device.type)
      const until = Date.now() + timeoutSeconds * 1000
      const run = async (asked: 'status' | 'off' | 'on'): Promise<ProgramEnd> => {
        // Everything is written to its standard input, so that no argument of any process shows it.
        const end = await tryProgram(program, [], {
          input: fenceInput(device, asked),
          timeoutMs: Math.max(1000, until - Date.now()),
          signal,
        })
        log.info({ program, action: asked, code: end.code }, 'a fence agent ended')
        return end
      }
      if (action !== 'status') {
        const end = await run(action)
        if (end.code !== 0) throw failed(device, action, end)
      }
      // How the power is, is asked for: that an agent has sent its command says little.
      const end = await run('status')
      const power = powerOf(end)
      if (power === 'unknown' && action === 'status') throw failed(device, 'status', end)
      return { power }
    },
  }
}

async function programOf(folders: readonly string[], type: string): Promise<string> {
  for (const folder of folders) {
    const file = join(folder, `fence_${type}`)
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file
  }
  throw unavailable(
    'fence.no_program',
    `This host has no fence agent fence_${type}. Install the package fence-agents on it.`,
    { detail: { type } },
  )
}

/** What a fence agent reads: a word a line. */
export function fenceInput(device: FenceDevice, action: string): string {
  const { slot, ...options } = device.options
  const words: [string, string][] = [
    ['action', action],
    ['ip', device.address],
    ['username', device.username],
    ['password', device.password],
    ...(device.port === null ? [] : [['ipport', String(device.port)] as [string, string]]),
    ...(slot === undefined ? [] : [['plug', slot] as [string, string]]),
    ...(device.secure ? [['secure', '1'] as [string, string]] : []),
    ...Object.entries(options),
  ]
  return words.map(([name, value]) => `${name}=${value}\n`).join('')
}

/** Fence agents say it by their code. */
export const powerOf = ({ code }: Pick<ProgramEnd, 'code'>): PowerState['power'] =>
  code === 0 ? 'on' : code === 2 ? 'off' : 'unknown'

function failed(device: FenceDevice, action: string, end: ProgramEnd) {
  const said = (end.stderr.trim() || end.stdout.trim()).split('\n').slice(-3).join(' ')
  const words = device.password === '' ? said : said.replaceAll(device.password, '***')
  return internal(
    'fence.failed',
    `fence_${device.type} could not do "${action}" at ${device.address}: ${words.slice(0, 500) || `code ${end.code}`}`,
    { detail: { type: device.type, address: device.address, code: end.code } },
  )
}
