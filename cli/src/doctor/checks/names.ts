import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { isIP } from 'node:net'
import { bridgePrefix } from '../../instance/settings.ts'
import { isDnsName } from '@rookery/pki/names'
import { exec } from '../../system/exec.ts'
import { machineName } from '../../up/options.ts'
import { ownFqdn } from '../../up/setup.ts'
import { type Finding, check, good, poor } from '../finding.ts'
import { type HostsLine, hostsLines, withLine } from '../hosts-file.ts'
import { network } from '../network.ts'
import { isLoopback, type Scene, usual } from '../scene.ts'
import { t } from '../text.ts'

const codes = [
  'doctor.names.ok',
  'doctor.names.not_a_name',
  'doctor.names.unresolved',
  'doctor.names.loopback',
  'doctor.names.elsewhere',
  'doctor.names.reverse',
  'doctor.names.hosts_line',
  'doctor.names.localhost',
] as const

/** What names lead to here, and back. */
export interface NamesFacts {
  /** The bare name of the machine, as it says itself. */
  readonly hostname: string
  /** The name that people and other hosts are told. */
  readonly fqdn: string
  readonly listen: string
  /** The addresses of this machine that others can reach, the one of the default route first. */
  readonly own: readonly string[]
  readonly hosts: readonly HostsLine[]
  /** Name to addresses, by whatever the machine asks (hosts file, DNS, …). */
  readonly forward: Readonly<Record<string, readonly string[]>>
  /** Address to names. */
  readonly reverse: Readonly<Record<string, readonly string[]>>
}

/** Name resolution forward and reverse (R74). */
export const names = check({
  topic: 'names',
  title: t('name resolution', '이름 해석'),
  codes,
  gather: gatherNames,
  decide: namesFindings,
})

async function gatherNames(s: Scene): Promise<NamesFacts> {
  const own = hostname()
  const fqdn = s.settings?.fqdn ?? machineName(await ownFqdn(), own).fqdn
  const net = await network(s.settings ? bridgePrefix(s.settings) : 'rk')
  const addresses = net.addresses
    .filter(a => a.family === 4)
    .sort((a, b) => Number(b.card === net.route?.card) - Number(a.card === net.route?.card))
    .map(a => a.address)
  const hostsText = await readFile('/etc/hosts', 'utf8').catch(() => '')
  const asked = [...new Set([fqdn, own, 'localhost'])].filter(name => isIP(name) === 0)
  const forward = await Promise.all(asked.map(async name => [name, await getent('ahosts', name)] as const))
  const reverse = await Promise.all(addresses.slice(0, 4).map(async a => [a, await getent('hosts', a)] as const))
  return {
    hostname: own,
    fqdn,
    listen: s.settings?.listen ?? usual.listen,
    own: addresses,
    hosts: hostsLines(hostsText),
    forward: Object.fromEntries(forward),
    reverse: Object.fromEntries(reverse),
  }
}

/** What the C library finds, as every program on this machine does; nothing when it takes longer than a person would wait. */
async function getent(database: 'ahosts' | 'hosts', key: string): Promise<string[]> {
  const { code, stdout } = await exec(['getent', database, key], { timeout: 6_000 })
  if (code !== 0) return []
  const lines = stdout.trim().split('\n')
  if (database === 'ahosts') return [...new Set(lines.map(line => line.split(/\s+/)[0] ?? ''))]
  return [...new Set(lines.flatMap(line => line.trim().split(/\s+/).slice(1)))]
}

export function namesFindings(f: NamesFacts): Finding<(typeof codes)[number]>[] {
  const found = [...hostsFile(f), ...localhost(f), ...ownName(f), ...forward(f), ...reverse(f)]
  if (found.length) return found
  const to = f.forward[f.fqdn]?.join(', ') ?? f.fqdn
  return [good('doctor.names.ok', t(`${f.fqdn} leads to ${to}`, `${f.fqdn}: ${to}`))]
}

type Found = Finding<(typeof codes)[number]>

const bare = (name: string) => name.split('.')[0] ?? name

/** A correct line for this machine: address, full name, bare name. */
const ownLine = (f: NamesFacts): string => [...new Set([f.own[0] ?? '', f.fqdn, bare(f.fqdn)])].join(' ')

/** Typing errors of the hosts file, which the C library passes over in silence. */
function hostsFile(f: NamesFacts): Found[] {
  return f.hosts
    .filter(line => line.wrong !== undefined)
    .map(line => {
      const [first = '', ...rest] = line.words
      const address = rest.find(word => isIP(word) !== 0)
      const right =
        address === undefined ? `# ${line.text.trim()}` : [address, first, ...rest.filter(w => w !== address)].join(' ')
      return poor('doctor.names.hosts_line', {
        what: t(`Line ${line.number} of /etc/hosts has no effect.`, `/etc/hosts ${line.number}행은 효과가 없습니다.`),
        why:
          address === undefined
            ? t(
                `"${line.text.trim()}": a line begins with an address, and ${first} is none.`,
                `"${line.text.trim()}": 행은 주소로 시작해야 하는데 ${first}: 주소가 아닙니다.`,
              )
            : t(
                `"${line.text.trim()}": the name stands before the address; the address comes first.`,
                `"${line.text.trim()}": 이름이 주소보다 앞에 있습니다. 주소가 먼저 와야 합니다.`,
              ),
        next: t('Put it right (the old file stays as hosts.old):', '바로잡으십시오(이전 파일은 hosts.old로 남습니다).'),
        run: [withLine(line.number, right)],
      })
    })
}

function localhost(f: NamesFacts): Found[] {
  const to = f.forward.localhost ?? []
  if (to.length && to.every(isLoopback)) return []
  const seen = to.length ? to.join(', ') : undefined
  return [
    poor('doctor.names.localhost', {
      what: t('localhost does not lead to this machine.', 'localhost가 이 머신으로 연결되지 않습니다.'),
      why: seen
        ? t(`It leads to ${seen}.`, `연결된 주소: ${seen}.`)
        : t('No line of /etc/hosts names it.', '/etc/hosts에 localhost 행이 없습니다.'),
      next: t('Put it at the head of /etc/hosts:', '/etc/hosts 맨 앞에 넣으십시오.'),
      run: ['cp /etc/hosts /etc/hosts.old && { echo "127.0.0.1 localhost"; cat /etc/hosts.old; } > /etc/hosts'],
    }),
  ]
}

function ownName(f: NamesFacts): Found[] {
  if (isDnsName(f.hostname) && !f.hostname.startsWith('localhost')) return []
  const proposal = f.hostname
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  return [
    poor('doctor.names.not_a_name', {
      what: t(
        `This machine calls itself "${f.hostname}", a name that others cannot use.`,
        `이 머신의 이름 "${f.hostname}": 다른 머신이 쓸 수 없는 이름입니다.`,
      ),
      why: t(
        'Host names are made of letters, digits and hyphens, and localhost is every machine’s own; certificates carry nothing else.',
        '호스트 이름에는 영문자, 숫자, 하이픈만 쓰며 localhost는 모든 머신이 자기를 부르는 이름입니다. 인증서에도 그런 이름만 들어갑니다.',
      ),
      next: t('Give it a name of its own:', '고유한 이름을 정하십시오.'),
      run: [`hostnamectl set-hostname ${!proposal || proposal.startsWith('localhost') ? 'rookery1' : proposal}`],
    }),
  ]
}

/** Where the name that people are told leads. */
function forward(f: NamesFacts): Found[] {
  const to = f.forward[f.fqdn]
  if (to === undefined || f.fqdn === 'localhost') return [] // an address, or no name at all, which has its finding
  const outside = !isLoopback(f.listen)
  const line = f.hosts.find(l => l.wrong === undefined && l.words.slice(1).includes(f.fqdn))
  const where = line
    ? t(
        `Line ${line.number} of /etc/hosts says "${line.text.trim()}".`,
        `/etc/hosts ${line.number}행: "${line.text.trim()}".`,
      )
    : t('/etc/hosts does not name it; the answer comes from DNS.', '/etc/hosts에는 없고 DNS의 답입니다.')
  const cure =
    f.own.length === 0
      ? {}
      : { run: [line ? withLine(line.number, keeping(f, line)) : `echo '${ownLine(f)}' >> /etc/hosts`] }
  const others = t(
    'Every machine that uses the name needs the same: by DNS, or by this line in its own hosts file. By address Rookery works without it.',
    '이 이름을 쓰는 모든 머신에 같은 내용이 필요합니다(DNS 또는 각자의 hosts 파일). 주소로 접속하면 필요 없습니다.',
  )
  if (to.length === 0)
    return [
      poor('doctor.names.unresolved', {
        what: t(`The name ${f.fqdn} leads nowhere.`, `${f.fqdn} 이름의 주소를 찾을 수 없습니다.`),
        why: t(
          'It is this machine’s own name; neither /etc/hosts nor DNS knows an address for it.',
          '이 머신 자신의 이름이지만 /etc/hosts에도 DNS에도 주소가 없습니다.',
        ),
        next: t(`Name it here. ${others.en}`, `여기에 등록하십시오. ${others.ko}`),
        ...cure,
      }),
    ]
  if (to.every(isLoopback))
    return outside
      ? [
          poor('doctor.names.loopback', {
            what: t(
              `On this machine ${f.fqdn} leads to ${to.join(', ')}, where only this machine itself answers.`,
              `이 머신에서 ${f.fqdn} 이름의 주소: ${to.join(', ')}. 이 머신 안에서만 통하는 주소입니다.`,
            ),
            why: t(
              `${where.en} Debian’s installer writes 127.0.1.1 like this. Others are told this name, and the instance listens at ${f.listen}.`,
              `${where.ko} 데비안 설치 프로그램이 127.0.1.1을 이렇게 적습니다. 인스턴스는 ${f.listen} 주소에서 받고 다른 머신에는 이 이름을 알려 줍니다.`,
            ),
            next: t(`Let it lead to the real address. ${others.en}`, `실제 주소로 바꾸십시오. ${others.ko}`),
            ...cure,
          }),
        ]
      : []
  const strange = to.filter(a => !isLoopback(a) && isIP(a) === 4 && !f.own.includes(a))
  if (strange.length === 0) return []
  return [
    poor('doctor.names.elsewhere', {
      what: t(
        `${f.fqdn} leads to ${strange.join(', ')}, which is not this machine.`,
        `${f.fqdn} 이름의 주소 ${strange.join(', ')}: 이 머신이 아닙니다.`,
      ),
      why: t(
        `${where.en} This machine has ${f.own.join(', ') || 'no address that others can reach'}. Clients that are told the name go to the other one.`,
        `${where.ko} 이 머신의 주소: ${f.own.join(', ') || '없음'}. 이 이름을 받은 클라이언트는 다른 머신으로 갑니다.`,
      ),
      next: line
        ? t(`Correct the line. ${others.en}`, `행을 고치십시오. ${others.ko}`)
        : t(
            `Correct the DNS entry (behind a router that passes ports on, this may be right as it is). Until then, for this machine: ${others.en}`,
            `DNS 항목을 고치십시오(포트를 전달하는 라우터 뒤라면 지금이 맞을 수 있습니다). 그때까지 이 머신에서: ${others.ko}`,
          ),
      ...cure,
    }),
  ]
}

/** The corrected line keeps the other names that stood in it, unless they are localhost's. */
const keeping = (f: NamesFacts, line: HostsLine): string =>
  [f.own[0], ...line.words.slice(1).filter(word => word !== 'localhost')].join(' ')

/** Whether an address of ours leads back to one of our names. No answer at all is common and harms nobody. */
function reverse(f: NamesFacts): Found[] {
  const ours = new Set([f.fqdn, f.hostname, bare(f.fqdn), bare(f.hostname)].map(n => n.toLowerCase()))
  return Object.entries(f.reverse).flatMap(([address, to]) => {
    const back = to.map(name => name.toLowerCase().replace(/\.$/, ''))
    if (back.length === 0 || back.some(name => ours.has(name) || ours.has(bare(name)))) return []
    const line = f.hosts.find(l => l.wrong === undefined && l.words[0] === address)
    return [
      poor('doctor.names.reverse', {
        what: t(
          `The address ${address} leads back to another name, ${back.join(', ')}.`,
          `${address} 주소의 역방향 이름이 이 머신의 이름과 다릅니다: ${back.join(', ')}.`,
        ),
        why: line
          ? t(
              `Line ${line.number} of /etc/hosts says "${line.text.trim()}"; this machine is ${f.fqdn}.`,
              `/etc/hosts ${line.number}행: "${line.text.trim()}". 이 머신: ${f.fqdn}.`,
            )
          : t(`DNS says so; this machine is ${f.fqdn}.`, `DNS의 답입니다. 이 머신: ${f.fqdn}.`),
        next: t(
          'Correct it where it stands; in the hosts file, for example:',
          '적힌 곳에서 고치십시오. hosts 파일이라면:',
        ),
        run: [
          line
            ? withLine(line.number, [address, ...new Set([f.fqdn, bare(f.fqdn)])].join(' '))
            : `echo '${ownLine(f)}' >> /etc/hosts`,
        ],
      }),
    ]
  })
}
