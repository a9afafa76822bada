import { readdir, readFile } from 'node:fs/promises'
import pg from 'pg'
import { EngineApi } from '../../engine-api.ts'
import { describe } from '../../up/preflight.ts'
import { exec } from '../../system/exec.ts'
import { type Finding, bad, check, good, poor } from '../finding.ts'
import type { Scene } from '../scene.ts'
import { type Text, t } from '../text.ts'

const codes = [
  'doctor.clock.ok',
  'doctor.clock.skew',
  'doctor.clock.behind',
  'doctor.clock.unsynchronised',
  'doctor.clock.no_source',
] as const

/** Somebody else's clock, read between two looks at ours. All times are milliseconds since 1970. */
export interface OtherClock {
  readonly who: Text
  readonly sent: number
  readonly theirs: number
  readonly received: number
}

/** What can be said about this machine's clock without asking a stranger. */
export interface ClockFacts {
  readonly now: number
  readonly others: readonly OtherClock[]
  /** A time that was certainly before now: when the instance was set up. */
  readonly past: number | undefined
  /** Whether the kernel says that something keeps its clock right; undefined when it cannot be asked. */
  readonly synchronised: boolean | undefined
  /** The program that should, if one runs. */
  readonly keeper: string | undefined
  /** Whether this machine may set its clock at all; a container may not. */
  readonly maySet: boolean
}

/** Two clocks that differ by more than this are a fault (R131). */
const MOST_SKEW = 1_000

/** The clock: skew against engine and database, and whether anything keeps it right (R130, R131). */
export const clock = check({
  topic: 'clock',
  title: t('clock', '시계'),
  codes,
  gather: gatherClock,
  decide: clockFindings,
})

async function gatherClock(s: Scene): Promise<ClockFacts> {
  const status = await readFile('/proc/self/status', 'utf8')
  const capabilities = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`)
  return {
    now: Date.now(),
    others: (await Promise.all([engine(s), database(s)])).filter(x => x !== undefined),
    past: s.settings ? Date.parse(s.settings.createdAt) : undefined,
    synchronised: await synchronised(),
    keeper: await keeper(),
    maySet: !s.root || (capabilities & (1n << 25n)) !== 0n, // CAP_SYS_TIME
  }
}

/** The engine tells the time with milliseconds at the root of its API. One that does not answer is another check's matter. */
async function engine(s: Scene): Promise<OtherClock | undefined> {
  if (!s.settings || !s.status.running) return undefined
  try {
    const api = await EngineApi.of(s.paths, s.settings)
    const sent = Date.now()
    const { time } = await api.get('')
    const received = Date.now()
    return typeof time === 'number' ? { who: t('the engine', '엔진'), sent, theirs: time, received } : undefined
  } catch {
    return undefined
  }
}

/** An outside database is usually another machine, and the engine's leases and tokens go by its clock. */
async function database(s: Scene): Promise<OtherClock | undefined> {
  if (s.settings?.database !== 'url') return undefined
  const url = (await readFile(s.paths.databaseUrl, 'utf8').catch(() => '')).trim()
  if (!url) return undefined
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 5_000 })
  client.on('error', () => undefined) // the query that meets it reports it
  try {
    await client.connect()
    const sent = Date.now()
    const { rows } = await client.query<{ ms: string }>(
      'select (extract(epoch from clock_timestamp()) * 1000)::bigint as ms',
    )
    const received = Date.now()
    const at = describe(url)
    return { who: t(`the database at ${at}`, `데이터베이스(${at})`), sent, theirs: Number(rows[0]?.ms), received }
  } catch {
    return undefined // that it cannot be reached is said by "up" and by the instance's own check
  } finally {
    await client.end().catch(() => undefined) // never connected
  }
}

/**
 * The kernel's own word (adjtimex without changing anything, flag STA_UNSYNC), which every time service sets, chrony, ntpd or
 * systemd's. Perl belongs to every Debian and can make the call; Node cannot.
 */
async function synchronised(): Promise<boolean | undefined> {
  const number = process.arch === 'arm64' ? 171 : 159
  const script = `my $b = "\\0" x 208; syscall(${number}, $b) < 0 and exit 1; print unpack("x40 i", $b)`
  const { code, stdout } = await exec(['perl', '-e', script], { timeout: 5_000 }).catch(() => ({ code: 1, stdout: '' }))
  return code === 0 && /^\d+$/.test(stdout) ? (Number(stdout) & 0x40) === 0 : undefined
}

/** Names of processes as the kernel keeps them, 15 bytes at most. */
const keepers = new Set(['chronyd', 'systemd-timesyn', 'ntpd', 'openntpd', 'ptp4l', 'phc2sys'])

async function keeper(): Promise<string | undefined> {
  for (const pid of (await readdir('/proc')).filter(n => /^\d+$/.test(n))) {
    const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() // it ended
    if (keepers.has(name)) return name === 'systemd-timesyn' ? 'systemd-timesyncd' : name
  }
  return undefined
}

/**
 * How far another clock is ahead of ours, in milliseconds: the least that fits. The other read its clock at some moment between
 * our two looks, so the time on the way never makes a difference where there is none.
 */
export function skew(o: OtherClock): number {
  const most = o.theirs - o.sent
  const least = o.theirs - o.received
  if (least > 0) return least
  return most < 0 ? most : 0
}

export function clockFindings(f: ClockFacts): Finding<(typeof codes)[number]>[] {
  const found = [...skews(f), ...behind(f), ...kept(f)]
  if (found.length) return found
  const compared = f.others.map(o => o.who)
  return [
    good(
      'doctor.clock.ok',
      compared.length
        ? t(
            `agrees with ${compared.map(w => w.en).join(' and ')}${f.keeper ? `; ${f.keeper} keeps it` : ''}`,
            `${compared.map(w => w.ko).join(', ')} 시계와 일치합니다${f.keeper ? `. ${f.keeper} 실행 중` : ''}`,
          )
        : f.keeper
          ? t(`${f.keeper} keeps it right`, `${f.keeper} 프로그램이 맞추고 있습니다`)
          : t('nothing to compare it with yet', '아직 비교할 시계가 없습니다'),
    ),
  ]
}

type Found = Finding<(typeof codes)[number]>

const seconds = (ms: number) => (Math.abs(ms) / 1_000).toFixed(1)

function skews(f: ClockFacts): Found[] {
  return f.others
    .map(o => ({ who: o.who, off: skew(o) }))
    .filter(({ off }) => Math.abs(off) > MOST_SKEW)
    .map(({ who, off }) =>
      bad('doctor.clock.skew', {
        what: t(
          `This machine’s clock is ${seconds(off)} s ${off > 0 ? 'behind' : 'ahead of'} ${who.en}.`,
          `이 머신의 시계가 ${who.ko} 시계보다 ${seconds(off)}초 ${off > 0 ? '느립니다' : '빠릅니다'}.`,
        ),
        why: t(
          'More than 1 s is too much: sign-ins, tickets and leases end at the wrong moment, and logs of two machines do not fit together.',
          '1초를 넘으면 문제가 됩니다. 로그인, 티켓, 임대가 엉뚱한 때에 끝나고 여러 머신의 로그가 맞지 않습니다.',
        ),
        next: t(
          'Find out which of the two is wrong and let a time service keep both. With chrony, on both machines:',
          '어느 쪽이 틀렸는지 확인하고 양쪽 모두 시간 동기화를 켜십시오. 두 머신에서 chrony를 쓰는 경우:',
        ),
        run: ['date --utc', 'apt-get update && apt-get install --yes chrony', 'chronyc makestep && chronyc tracking'],
      }),
    )
}

function behind(f: ClockFacts): Found[] {
  if (f.past === undefined || Number.isNaN(f.past) || f.now >= f.past - MOST_SKEW) return []
  const iso = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`
  return [
    bad('doctor.clock.behind', {
      what: t('This machine’s clock shows a time in the past.', '이 머신의 시계가 과거 시각을 가리킵니다.'),
      why: t(
        `It shows ${iso(f.now)}, but this instance was set up at ${iso(f.past)}. Certificates may not be valid yet.`,
        `시계: ${iso(f.now)}, 인스턴스를 만든 때: ${iso(f.past)}. 인증서가 아직 유효하지 않을 수 있습니다.`,
      ),
      next: t(
        'Set it by a time service; after a flat battery also in the firmware setup:',
        '시간 동기화로 맞추십시오. 배터리가 방전되었다면 펌웨어 설정에서도 맞추십시오.',
      ),
      run: ['apt-get update && apt-get install --yes chrony', 'chronyc makestep && chronyc tracking'],
    }),
  ]
}

function kept(f: ClockFacts): Found[] {
  if (f.synchronised !== false) return []
  if (!f.maySet)
    return [
      poor('doctor.clock.unsynchronised', {
        what: t('Nothing keeps this machine’s clock right.', '이 머신의 시계를 맞추는 것이 없습니다.'),
        why: t(
          'The kernel says that its clock is not synchronised, and this container may not set it.',
          '커널의 시계가 동기화되지 않았고 이 컨테이너는 시계를 바꿀 권한이 없습니다.',
        ),
        next: t(
          'Let a time service keep the clock of the machine around this one. There:',
          '바깥 머신의 시계를 동기화하십시오. 바깥 머신에서:',
        ),
        run: ['apt-get update && apt-get install --yes chrony', 'chronyc tracking'],
      }),
    ]
  if (f.keeper)
    return [
      poor('doctor.clock.no_source', {
        what: t(
          `${f.keeper} runs, but has not set the clock yet.`,
          `${f.keeper} 실행 중이지만 아직 시계를 맞추지 못했습니다.`,
        ),
        why: t(
          'The kernel says that its clock is not synchronised: no time server answered (UDP port 123), or the service has just started.',
          '커널의 시계가 동기화되지 않았습니다. 시간 서버가 응답하지 않거나(UDP 123 포트) 방금 시작했습니다.',
        ),
        next: t(
          'See whom it asks. In a network without a way out, name a server of your own:',
          '어느 서버에 묻는지 확인하십시오. 외부로 나갈 수 없는 망이라면 내부 시간 서버를 지정하십시오.',
        ),
        run: [
          f.keeper === 'chronyd' ? 'chronyc sources' : f.keeper === 'ntpd' ? 'ntpq -p' : 'timedatectl timesync-status',
          ...(f.keeper === 'chronyd'
            ? ["echo 'server TIMESERVER iburst' > /etc/chrony/sources.d/own.sources && chronyc reload sources"]
            : []),
        ],
      }),
    ]
  return [
    poor('doctor.clock.unsynchronised', {
      what: t('Nothing keeps this machine’s clock right.', '이 머신의 시계를 맞추는 것이 없습니다.'),
      why: t(
        'The kernel says that its clock is not synchronised, and no time service runs (chrony, systemd-timesyncd, ntpd).',
        '커널의 시계가 동기화되지 않았고 시간 동기화 서비스(chrony, systemd-timesyncd, ntpd)가 없습니다.',
      ),
      next: t('Install one; it sets the clock by itself:', '설치하면 시계를 자동으로 맞춥니다.'),
      run: ['apt-get update && apt-get install --yes chrony'],
    }),
  ]
}
