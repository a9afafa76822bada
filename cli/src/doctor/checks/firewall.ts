import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { bridgePrefix } from '../../instance/settings.ts'
import { exec } from '../../system/exec.ts'
import { type Finding, bad, check, good, poor } from '../finding.ts'
import { fate, type Packet, type Place, type Table } from '../firewall/chain.ts'
import { openGuestServices, openLoopback, openPorts, openWayOut } from '../firewall/cure.ts'
import { iptablesTable } from '../firewall/iptables.ts'
import { nftTables } from '../firewall/nft.ts'
import { network } from '../network.ts'
import { isLoopback, isWildcard, type Scene, usual } from '../scene.ts'
import { type Text, t } from '../text.ts'

const codes = [
  'doctor.firewall.ok',
  'doctor.firewall.none',
  'doctor.firewall.unseen',
  'doctor.firewall.services',
  'doctor.firewall.port_closed',
  'doctor.firewall.loopback_closed',
  'doctor.firewall.guests_no_dhcp',
  'doctor.firewall.guests_no_way_out',
] as const

/** The rules of this machine, and what must get through them. */
export interface FirewallFacts {
  /** Undefined when only root may look. */
  readonly tables: readonly Table[] | undefined
  readonly listen: string
  readonly port: number
  readonly imagesPort: number
  readonly agentPort: number
  /** The card by which people come in; absent when there is none. */
  readonly card: string | undefined
  /** Whether guests run here or will. */
  readonly guests: boolean
  /** How the names of guests' bridges begin, and one of them. */
  readonly bridges: string
  readonly bridge: string
  /** Programs that look after cards and rules here. */
  readonly services: readonly string[]
}

/** The agent opens one of these for each native viewer (agent/src/console/listener.ts). */
const viewers = { first: 5900, range: '5900-6923' }

/** Whether anything that must get through is closed, and by what; it never asks for a firewall to be switched off (R76, R131). */
export const firewall = check({
  topic: 'firewall',
  title: t('firewall', '방화벽'),
  codes,
  gather: gatherFirewall,
  decide: firewallFindings,
})

async function gatherFirewall(s: Scene): Promise<FirewallFacts> {
  const bridges = s.settings ? bridgePrefix(s.settings) : 'rk'
  const listen = s.settings?.listen ?? usual.listen
  const net = await network(bridges)
  const card = isWildcard(listen) ? net.route?.card : net.addresses.find(a => a.address === listen)?.card
  const there = (await readdir('/sys/class/net').catch(() => [] as string[])).find(name => name.startsWith(bridges))
  return {
    tables: s.root ? await tables() : undefined,
    listen,
    port: s.settings?.port ?? usual.port,
    imagesPort: s.settings?.imagesPort ?? 54_322,
    agentPort: s.settings?.agentPort ?? 54_321,
    card: card ?? net.addresses[0]?.card,
    guests: s.settings ? s.settings.mode === 'host' : s.root,
    bridges,
    bridge: there ?? `${bridges}0`,
    services: await services(),
  }
}

/**
 * The rules of nftables, and those of iptables in iptables' own words: nft shows what it does not know of them as "xt" and no
 * more. Whichever program is missing has no rules here.
 */
async function tables(): Promise<Table[]> {
  const say = (...argv: [string, ...string[]]) =>
    exec(argv, { timeout: 20_000 }).catch(() => ({ code: 1, stdout: '', stderr: '' }))
  const ruleset = await say('nft', '--json', 'list', 'ruleset')
  const native = ruleset.code === 0 && ruleset.stdout.trim() ? nftTables(ruleset.stdout) : []
  const found: Table[] = []
  for (const by of ['iptables', 'ip6tables'] as const) {
    const family = by === 'iptables' ? 'ip' : 'ip6'
    if (native.some(x => x.family === family && x.name === 'filter')) {
      const table = iptablesTable((await say(`${by}-nft-save`)).stdout, by)
      if (table) found.push(table)
    }
    const names = await readFile(`/proc/net/${family === 'ip' ? 'ip' : 'ip6'}_tables_names`, 'utf8').catch(() => '')
    if (names.split('\n').includes('filter')) {
      const table = iptablesTable((await say(`${by}-legacy-save`)).stdout, by)
      if (table) found.push(table)
    }
  }
  const replaced = (x: Table) => x.name === 'filter' && found.some(y => y.family === x.family)
  return [...native.filter(x => !replaced(x)), ...found]
}

async function services(): Promise<string[]> {
  const running = new Set<string>()
  for (const pid of (await readdir('/proc')).filter(n => /^\d+$/.test(n)))
    running.add((await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim()) // it ended
  return [
    ...(running.has('NetworkManager') || existsSync('/run/NetworkManager') ? ['NetworkManager'] : []),
    ...(running.has('firewalld') ? ['firewalld'] : []),
  ]
}

/** Something that must get through. */
interface Opening {
  readonly what: Text
  /** As people write ports: `8443`, `5900-6923`. */
  readonly ports: string
  readonly packet: Packet
}

export function firewallFindings(f: FirewallFacts): Finding<(typeof codes)[number]>[] {
  if (!f.tables)
    return [good('doctor.firewall.unseen', t('only root can see its rules', '규칙은 root만 볼 수 있습니다'))]
  const tables = f.tables
  const closedAt = (o: Opening) => fate(tables, o.packet).places
  const found: Found[] = [
    ...loopback(f, closedAt),
    ...people(f, closedAt),
    ...(f.guests ? [...guestServices(f, closedAt), ...wayOut(f, closedAt)] : []),
  ]
  const named = new Set(f.services)
  if (tables.some(x => x.name === 'firewalld')) named.add('firewalld')
  if (named.size && found.every(x => x.verdict === 'good'))
    found.push(
      good(
        'doctor.firewall.services',
        t(
          `${[...named].join(' and ')}: on, and may stay on`,
          `${[...named].join(', ')}: 켜져 있으며 끄지 않아도 됩니다`,
        ),
      ),
    )
  if (found.length) return found
  const filters = tables.some(x =>
    [...x.chains.values()].some(c => c.base && (c.rules.length || c.base.policy === 'drop')),
  )
  return [
    filters
      ? good(
          'doctor.firewall.ok',
          t('rules are there; nothing that is needed is closed', '규칙이 있지만 필요한 것은 모두 열려 있습니다'),
        )
      : good('doctor.firewall.none', t('no rules', '규칙이 없습니다')),
  ]
}

type Found = Finding<(typeof codes)[number]>
type ClosedAt = (o: Opening) => readonly Place[]

const familyOf = (listen: string): 4 | 6 => (listen.includes(':') && listen !== '::' ? 6 : 4)

/** `table inet filter, chain input` with how it ends, for people. */
function spot(place: Place): Text {
  const where = `${place.by} ${place.family} ${place.table} ${place.path.join(' → ')}`
  return place.policy
    ? t(
        `The chain ${where} drops what no rule accepts (policy drop).`,
        `체인 ${where}: 허용 규칙이 없으면 버립니다(policy drop).`,
      )
    : place.how === 'reject'
      ? t(`A rule in the chain ${where} rejects it.`, `체인 ${where}: 규칙이 거부합니다(reject).`)
      : t(`A rule in the chain ${where} drops it.`, `체인 ${where}: 규칙이 버립니다(drop).`)
}

const key = (place: Place) => `${place.by} ${place.family} ${place.table} ${place.chain}`

/** The openings that are closed, with all that one chain closes together. */
function byPlace(openings: readonly Opening[], closedAt: ClosedAt): { place: Place; openings: Opening[] }[] {
  const groups = new Map<string, { place: Place; openings: Opening[] }>()
  for (const opening of openings)
    for (const place of closedAt(opening)) {
      const group = groups.get(key(place)) ?? { place, openings: [] }
      group.openings.push(opening)
      groups.set(key(place), group)
    }
  return [...groups.values()]
}

const keep = (place: Place): Text =>
  place.keeper === 'nft'
    ? t(
        ' For the next boot, add the same rule to /etc/nftables.conf.',
        ' 재부팅 뒤에도 유지하려면 같은 규칙을 /etc/nftables.conf에 넣으십시오.',
      )
    : place.keeper === 'iptables' || place.keeper === 'docker'
      ? t(
          ' For the next boot, save it where the other rules are kept (with the package iptables-persistent: netfilter-persistent save).',
          ' 재부팅 뒤에도 유지하려면 다른 규칙과 함께 저장하십시오(iptables-persistent 패키지: netfilter-persistent save).',
        )
      : t('', '')

const join = (a: Text, b: Text): Text => t(a.en + b.en, a.ko + b.ko)

function loopback(f: FirewallFacts, closedAt: ClosedAt): Found[] {
  const openings = [f.port, f.agentPort].map(port => ({
    what: t('the parts of the instance', '인스턴스 내부 통신'),
    ports: String(port),
    packet: { hook: 'input', family: 4, protocol: 'tcp', port, from: 'lo', to: undefined } satisfies Packet,
  }))
  return byPlace(openings, closedAt).map(({ place }) =>
    bad('doctor.firewall.loopback_closed', {
      what: t(
        'The parts of Rookery cannot talk to each other on this machine.',
        '이 머신 안에서 Rookery의 부분들이 서로 통신할 수 없습니다.',
      ),
      why: join(
        spot(place),
        t(' It does so for lo, the machine’s connections to itself, too.', ' 머신 내부 연결인 lo에도 적용됩니다.'),
      ),
      next: join(
        t('Let lo through; no other machine can use it.', 'lo를 허용하십시오. 다른 머신은 사용할 수 없습니다.'),
        keep(place),
      ),
      run: openLoopback(place),
    }),
  )
}

function people(f: FirewallFacts, closedAt: ClosedAt): Found[] {
  if (isLoopback(f.listen) || f.card === undefined) return []
  const opening = (what: Text, port: number, ports = String(port)): Opening => ({
    what,
    ports,
    packet: { hook: 'input', family: familyOf(f.listen), protocol: 'tcp', port, from: f.card, to: undefined },
  })
  const openings = [
    opening(t('console and API', '콘솔과 API'), f.port),
    ...(f.guests
      ? [
          opening(t('uploads and downloads', '업로드와 다운로드'), f.imagesPort),
          opening(t('native viewers', '네이티브 뷰어'), viewers.first, viewers.range),
        ]
      : []),
  ]
  return byPlace(openings, closedAt).map(({ place, openings: closed }) => {
    const consoleToo = closed.some(o => o.packet.port === f.port)
    const list = (language: 'en' | 'ko') => closed.map(o => `${o.ports}/tcp (${o.what[language]})`).join(', ')
    return (consoleToo ? bad : poor)('doctor.firewall.port_closed', {
      what: t(
        `The firewall of this machine closes ${list('en')} to other machines.`,
        `이 머신의 방화벽이 다른 머신의 접속을 막고 있습니다: ${list('ko')}.`,
      ),
      why: join(
        spot(place),
        t(
          ` Rookery listens at ${f.listen}, card ${f.card}.`,
          ` Rookery는 ${f.listen} 주소(${f.card} 카드)에서 받습니다.`,
        ),
      ),
      next: join(t('Leave the firewall on and open only these.', '방화벽은 켜 둔 채 이것만 여십시오.'), keep(place)),
      run: openPorts(
        place,
        closed.map(o => o.ports),
      ),
    })
  })
}

function guestServices(f: FirewallFacts, closedAt: ClosedAt): Found[] {
  const opening = (what: Text, port: number): Opening => ({
    what,
    ports: String(port),
    packet: { hook: 'input', family: 4, protocol: 'udp', port, from: f.bridge, to: undefined },
  })
  const openings = [opening(t('DHCP', 'DHCP'), 67), opening(t('DNS', 'DNS'), 53)]
  return byPlace(openings, closedAt).map(({ place, openings: closed }) => {
    const list = closed.map(o => `${o.ports}/udp (${o.what.en})`).join(', ')
    return poor('doctor.firewall.guests_no_dhcp', {
      what: t(
        'Guests get no address or no names from this machine.',
        '게스트가 이 머신에서 주소나 이름을 받지 못합니다.',
      ),
      why: join(
        spot(place),
        t(
          ` It closes ${list} on guests’ bridges (${f.bridges}*).`,
          ` 게스트 브리지(${f.bridges}*)에서 막힌 포트: ${list}.`,
        ),
      ),
      next: join(
        t(
          'Leave the firewall on and open these two on guests’ bridges only.',
          '방화벽은 켜 둔 채 게스트 브리지에서만 여십시오.',
        ),
        keep(place),
      ),
      run: openGuestServices(place, f.bridges),
    })
  })
}

function wayOut(f: FirewallFacts, closedAt: ClosedAt): Found[] {
  if (f.card === undefined) return []
  const opening: Opening = {
    what: t('the way out', '외부 통신'),
    ports: '443',
    packet: { hook: 'forward', family: 4, protocol: 'tcp', port: 443, from: f.bridge, to: f.card },
  }
  return byPlace([opening], closedAt).map(({ place }) =>
    poor('doctor.firewall.guests_no_way_out', {
      what: t('Guests cannot reach anything outside this machine.', '게스트가 이 머신 밖으로 통신하지 못합니다.'),
      why: join(
        spot(place),
        t(
          ` It stops what this machine passes on from guests’ bridges (${f.bridges}*) to ${f.card}.`,
          ` 게스트 브리지(${f.bridges}*)에서 ${f.card} 카드로 나가는 것을 막습니다.`,
        ),
      ),
      next: join(
        t('Leave the firewall on and let guests out.', '방화벽은 켜 둔 채 게스트의 외부 통신만 허용하십시오.'),
        keep(place),
      ),
      run: openWayOut(place, f.bridges),
    }),
  )
}
