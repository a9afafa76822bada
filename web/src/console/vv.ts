import type { QueryClient } from '@tanstack/react-query'
import { ask, op } from '../api/client.ts'
import { ApiError } from '../api/error.ts'
import { waitForJob } from '../api/wait-for-job.ts'

/** Seconds in which a native viewer must come. */
export const vvSeconds = 120

/** Where the host waits for a native viewer. */
export interface Viewer {
  name: string
  address: string
  port: number
  password: string
}

// A line break in a name would let its owner write other keys.
const line = (text: string) => text.replaceAll(/[\r\n\u0000]/g, ' ')

/** The connection file of virt-viewer. Its password works once. */
export const vvFile = (v: Viewer): string =>
  [
    '[virt-viewer]',
    'type=vnc',
    `host=${line(v.address)}`,
    `port=${v.port}`,
    `password=${line(v.password)}`,
    'delete-this-file=1',
    'fullscreen=0',
    `title=${line(v.name)}:%d - Press SHIFT+F12 to Release Cursor`,
    'toggle-fullscreen=shift+f11',
    'release-cursor=shift+f12',
    'secure-attention=ctrl+alt+end',
    '',
  ].join('\n')

/** Has the host wait for one native viewer and returns the file that leads it there. Throws an ApiError. */
export async function openForViewer(client: QueryClient, vmId: string): Promise<string> {
  const taken = await op('console.ticket', { vmId, protocol: 'vnc', mode: 'listen', expiresInSeconds: vvSeconds })
  await waitForJob(client, taken.jobId ?? '')
  const [console] = (await ask('console.list', { vmIds: [vmId] })).filter(row => row.protocol === 'vnc')
  if (console?.address == null || console.port === null)
    throw new ApiError(
      { kind: 'unavailable', code: 'console.not_opened', message: 'The host opened no place for a viewer.' },
      { status: 0 },
    )
  return vvFile({ name: taken.vmName, address: console.address, port: console.port, password: taken.value })
}
