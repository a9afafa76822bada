import { readFile } from 'node:fs/promises'
import { bridgePrefix } from '../../instance/settings.ts'
import { type Finding, check, good, poor } from '../finding.ts'
import { type Manager, managerOf, type NetworkFacts, network, type OwnAddress } from '../network.ts'
import { isLoopback, isWildcard, type Scene, usual } from '../scene.ts'
import { t } from '../text.ts'

const codes = [
  'doctor.address.ok',
  'doctor.address.local_only',
  'doctor.address.dynamic',
  'doctor.address.none',
] as const

/** The addresses that people are told, and who gives them out. */
export interface AddressFacts extends NetworkFacts {
  readonly listen: string
  readonly manager: Manager
  readonly nameservers: readonly string[]
}

/** Whether the address that people use will be the same tomorrow (R130). */
export const address = check({
  topic: 'address',
  title: t('address', '주소'),
  codes,
  gather: gatherAddress,
  decide: addressFindings,
})

async function gatherAddress(s: Scene): Promise<AddressFacts> {
  const facts = await network(s.settings ? bridgePrefix(s.settings) : 'rk')
  const card = facts.route?.card ?? facts.addresses[0]?.card ?? ''
  const resolv = await readFile('/etc/resolv.conf', 'utf8').catch(() => '')
  return {
    ...facts,
    listen: s.settings?.listen ?? usual.listen,
    manager: await managerOf(card),
    nameservers: [...resolv.matchAll(/^nameserver\s+(\S+)/gm)].map(m => m[1] ?? ''),
  }
}

export function addressFindings(f: AddressFacts): Finding<(typeof codes)[number]>[] {
  const shown = (a: OwnAddress) => `${a.address}/${a.prefix} (${a.card})`
  const v4 = f.addresses.filter(a => a.family === 4)
  const main = v4.find(a => a.card === f.route?.card) ?? v4[0] ?? f.addresses[0]
  const used = isWildcard(f.listen) ? main : f.addresses.find(a => a.address === f.listen)
  if (isLoopback(f.listen))
    return [
      good(
        'doctor.address.local_only',
        main
          ? t(
              `${f.listen}: this machine only; others would use ${shown(main)}${main.dynamic ? ', lent by DHCP' : ''}`,
              `${f.listen}: 이 머신에서만 접속합니다. 다른 머신이 쓸 주소: ${shown(main)}${main.dynamic ? ', DHCP 임대' : ''}`,
            )
          : t(`${f.listen}: this machine only`, `${f.listen}: 이 머신에서만 접속합니다`),
      ),
    ]
  if (!main)
    return [
      poor('doctor.address.none', {
        what: t('Nobody else can reach this machine.', '다른 머신에서 이 머신에 접속할 수 없습니다.'),
        why: t(
          `The instance listens at ${f.listen}, but no card has an address that others can reach.`,
          `인스턴스는 ${f.listen} 주소에서 받지만 다른 머신이 접속할 수 있는 주소가 없습니다.`,
        ),
        next: t('See what the cards say:', '네트워크 카드의 상태를 확인하십시오.'),
        run: ['ip -brief address', 'ip route'],
      }),
    ]
  if (used?.dynamic)
    return [
      poor('doctor.address.dynamic', {
        what: t(
          `The address that people use, ${used.address}, can change at any time.`,
          `접속에 쓰는 주소(${used.address})가 언제든 바뀔 수 있습니다.`,
        ),
        why: t(
          `${used.card} has it from a DHCP server, for a time only; certificate, bookmarks and other hosts hold on to the address.`,
          `${used.card} 카드의 주소는 DHCP 서버가 일정 기간 빌려준 것입니다. 인증서, 즐겨찾기, 다른 호스트는 이 주소를 계속 사용합니다.`,
        ),
        next: t(
          `Either let the DHCP server always give ${used.address} to ${used.mac} (a reservation), or make it fixed here:`,
          `DHCP 서버에서 ${used.mac} 카드에 항상 ${used.address} 주소를 주도록 예약하거나, 여기서 고정 주소로 바꾸십시오.`,
        ),
        run: fixed(f, used),
      }),
    ]
  return [
    good(
      'doctor.address.ok',
      t(`${used ? shown(used) : f.listen}, fixed`, `${used ? shown(used) : f.listen}, 고정 주소`),
    ),
  ]
}

/** The commands that make an address fixed, by who sets the card up. */
function fixed(f: AddressFacts, a: OwnAddress): string[] {
  const router = f.route?.router ?? 'ROUTER'
  const dns = f.nameservers.filter(n => !isLoopback(n)).join(' ') || router
  const whole = `${a.address}/${a.prefix}`
  switch (f.manager) {
    case 'NetworkManager':
      return [
        `nmcli connection modify "$(nmcli -g GENERAL.CONNECTION device show ${a.card})" ipv4.method manual ipv4.addresses ${whole} ipv4.gateway ${router} ipv4.dns "${dns}"`,
        `nmcli device reapply ${a.card}`,
      ]
    case 'ifupdown':
      return [
        `cp /etc/network/interfaces /etc/network/interfaces.old`,
        `sed -i 's|^\\(\\s*iface ${a.card} inet\\) dhcp.*|\\1 static\\n    address ${whole}\\n    gateway ${router}|' /etc/network/interfaces`,
        `ifdown ${a.card}; ifup ${a.card}`,
      ]
    case 'netplan':
      return [
        `netplan set ethernets.${a.card}.dhcp4=false ethernets.${a.card}.addresses='["${whole}"]' ethernets.${a.card}.routes='[{"to":"default","via":"${router}"}]'`,
        'netplan try',
      ]
    case 'networkd':
      return [
        `printf '[Match]\\nName=${a.card}\\n\\n[Network]\\nAddress=${whole}\\nGateway=${router}\\n${dns
          .split(' ')
          .map(n => `DNS=${n}\\n`)
          .join('')}' > /etc/systemd/network/10-${a.card}.network`,
        'networkctl reload',
      ]
    default:
      return ['ip -brief address', 'cat /etc/network/interfaces']
  }
}
