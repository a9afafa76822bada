import type { NicSpec } from '@rookery/protocol'
import { type Element, el } from '../xml/node.ts'
import { userAlias } from './xml-disk.ts'
import type { DomainEnv } from './xml-env.ts'

/**
 * A network card on the bridge of its network; without a network, on a tap that belongs to no bridge. The tap's name is ours, not
 * libvirt's next `vnetN`: two daemons on one machine must not meet, and filters are found again by it.
 */
export function nicElement(
  nic: NicSpec,
  env: Pick<DomainEnv, 'bridge' | 'tap'>,
  boot: { order?: number | undefined; rom: boolean },
): Element {
  const bridge = nic.networkId === null ? null : env.bridge(nic.networkId)
  return el(
    'interface',
    { type: bridge === null ? 'ethernet' : 'bridge' },
    el('mac', { address: nic.mac }),
    bridge !== null && el('source', { bridge: bridge.name }),
    el('target', { dev: env.tap(nic.nicId) }),
    el('model', { type: nic.model }),
    bridge !== null && el('mtu', { size: bridge.mtu }),
    el('link', { state: nic.linked && bridge !== null ? 'up' : 'down' }),
    boot.order !== undefined && el('boot', { order: boot.order }),
    // Each boot ROM costs an emulated guest a noticeable part of a second.
    !boot.rom && el('rom', { enabled: 'no' }),
    el('alias', { name: userAlias(nic.nicId) }),
  )
}
