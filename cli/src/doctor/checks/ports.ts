import { whyNotListen } from '../../instance/ports.ts'
import { whoListens } from '../../system/proc.ts'
import { type Finding, bad, check, good } from '../finding.ts'
import { usual } from '../scene.ts'
import { same, t } from '../text.ts'

const codes = [
  'doctor.port.ok',
  'doctor.port.ours',
  'doctor.port.taken',
  'doctor.port.no_such_address',
  'doctor.port.needs_root',
  'doctor.port.refused',
] as const

/** The address of console and API. */
export interface PortFacts {
  readonly listen: string
  readonly port: number
  /** The system's code when it cannot be listened at. */
  readonly why: string | undefined
  /** The program that has it, where we may see that. */
  readonly who: string | undefined
  readonly running: boolean
  /** All addresses of this machine. */
  readonly own: readonly string[]
}

/** Whether the address of console and API is ours or can be. The other ports are chosen among the free ones by `up`. */
export const ports = check({
  topic: 'port',
  title: t('port', '포트'),
  codes,
  gather: async s => {
    const listen = s.settings?.listen ?? usual.listen
    const port = s.settings?.port ?? usual.port
    const why = await whyNotListen(listen, port)
    const { networkInterfaces } = await import('node:os')
    return {
      listen,
      port,
      why,
      who: why === 'EADDRINUSE' ? await whoListens(port) : undefined,
      running: s.status.running || s.unseen,
      own: Object.values(networkInterfaces()).flatMap(list => (list ?? []).map(a => a.address)),
    }
  },
  decide: portFindings,
})

export function portFindings(f: PortFacts): Finding<(typeof codes)[number]>[] {
  const at = `${f.listen}:${f.port}`
  const other = `./rookery up --port ${f.port === 8443 ? 9443 : 8443}`
  if (f.why === undefined) return [good('doctor.port.ok', t(`${at} is free`, `${at} 비어 있음`))]
  if (f.why === 'EADDRINUSE' && f.running)
    return [good('doctor.port.ours', t(`${at} is ours`, `${at} 이 인스턴스가 사용 중`))]
  if (f.why === 'EADDRINUSE')
    return [
      bad('doctor.port.taken', {
        what: t(`Port ${f.port} is taken.`, `${f.port} 포트를 다른 프로그램이 사용하고 있습니다.`),
        why: f.who
          ? t(`${f.who} listens there.`, `사용 중인 프로그램: ${f.who}.`)
          : t(
              'Another program listens there; only root can see which.',
              '다른 프로그램이 사용 중이며 어느 것인지는 root만 볼 수 있습니다.',
            ),
        next: t(
          'See what it is and stop it, or take another port:',
          '어떤 프로그램인지 확인해 멈추거나 다른 포트를 쓰십시오.',
        ),
        run: [`ss -ltnp 'sport = :${f.port}'`, other],
      }),
    ]
  if (f.why === 'EADDRNOTAVAIL')
    return [
      bad('doctor.port.no_such_address', {
        what: t(`This machine no longer has the address ${f.listen}.`, `이 머신에 ${f.listen} 주소가 없습니다.`),
        why: t(
          `The instance was told to listen there; the machine's addresses are ${f.own.join(', ')}.`,
          `인스턴스는 그 주소에서 받도록 설정되었습니다. 이 머신의 주소: ${f.own.join(', ')}.`,
        ),
        next: t(
          'Give the machine that address again, or listen at another one (0.0.0.0 stands for all):',
          '그 주소를 다시 설정하거나 다른 주소에서 받으십시오(0.0.0.0은 모든 주소).',
        ),
        run: ['./rookery up --listen 0.0.0.0'],
      }),
    ]
  if (f.why === 'EACCES')
    return [
      bad('doctor.port.needs_root', {
        what: t(`Only root may listen at ${at}.`, `${at} 주소는 root만 사용할 수 있습니다.`),
        why: t('Ports below 1024 are kept for root.', '1024보다 작은 포트는 root 전용입니다.'),
        next: t('Run it as root, or take another port:', 'root로 실행하거나 다른 포트를 쓰십시오.'),
        run: [other],
      }),
    ]
  return [
    bad('doctor.port.refused', {
      what: t(`${at} cannot be listened at.`, `${at} 주소를 사용할 수 없습니다.`),
      why: same(f.why),
      next: t('Choose another address or port:', '다른 주소나 포트를 선택하십시오.'),
      run: [other],
    }),
  ]
}
