import type { ConsoleTicket } from '../../../compute/console/types.ts'

/** Where a `.vv` file leads back to. */
export interface VvEngine {
  /** `host:port` of the engine. */
  address: string
  caPem: string
  vmId: string
  /** The asker's own token, for the viewer's menu; absent for askers without one. */
  token: string | undefined
  admin: boolean
}

// A line break in a name would let its owner write other keys.
const line = (text: string) => text.replaceAll(/[\r\n\u0000]/g, ' ')

/** The connection file of virt-viewer (fact sheet 2.4, `.vv` file). Its password works once and for `expiresInSeconds`. */
export function vvFile(ticket: ConsoleTicket, engine: VvEngine): string {
  const viewer = [
    '[virt-viewer]',
    'type=vnc',
    `host=${ticket.address ?? ''}`,
    `port=${ticket.port ?? ''}`,
    `password=${ticket.value}`,
    `# Password is valid for ${ticket.expiresInSeconds} seconds.`,
    'delete-this-file=1',
    'fullscreen=0',
    `title=${line(ticket.vmName)}:%d - Press SHIFT+F12 to Release Cursor`,
    'toggle-fullscreen=shift+f11',
    'release-cursor=shift+f12',
    'secure-attention=ctrl+alt+end',
  ]
  const back = [
    '',
    '[ovirt]',
    `host=${engine.address}`,
    `vm-guid=${engine.vmId}`,
    ...(engine.token === undefined ? [] : [`sso-token=${engine.token}`]),
    `admin=${engine.admin ? 1 : 0}`,
    `ca=${engine.caPem.trim().replaceAll('\n', '\\n')}`,
    '',
  ]
  return [...viewer, ...back].join('\n')
}
