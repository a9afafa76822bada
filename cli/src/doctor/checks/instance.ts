import { humanBytes } from '@rookery/model'
import { account, SERVICE_USER } from '../../system/account.ts'
import { type Finding, bad, check, good, poor } from '../finding.ts'
import { same, type Text, t } from '../text.ts'

const codes = [
  'doctor.instance.stopped',
  'doctor.instance.ok',
  'doctor.instance.problem',
  'doctor.instance.note',
  'doctor.instance.unseen',
  'doctor.instance.no_user',
] as const

/** The running parts, as `status` sees them. */
export interface InstanceFacts {
  readonly running: boolean
  /** Whether it belongs to root, who alone may ask it. */
  readonly unseen: boolean
  readonly healthy: boolean
  /** Bytes of all parts together. */
  readonly rss: number
  readonly problems: readonly string[]
  readonly notes: readonly string[]
  readonly vmsLeft: number
  /** Whether the service user is missing though root's instance needs it. */
  readonly userGone: boolean
}

/** Whether what should run runs. */
export const instance = check({
  topic: 'instance',
  title: t('instance', '인스턴스'),
  codes,
  gather: async s => ({
    running: s.status.running,
    unseen: s.unseen,
    healthy: s.status.healthy,
    rss: s.status.rss ?? 0,
    problems: s.status.problems,
    notes: s.status.notes,
    vmsLeft: s.status.vmsLeftRunning ?? 0,
    userGone: s.settings?.root === true && !(await account(SERVICE_USER)),
  }),
  decide: instanceFindings,
})

export function instanceFindings(f: InstanceFacts): Finding<(typeof codes)[number]>[] {
  const again = ['./rookery down && ./rookery up --detach']
  const user = f.userGone
    ? [
        bad('doctor.instance.no_user', {
          what: t(
            `The user ${SERVICE_USER}, who runs engine and database, is gone.`,
            `엔진과 데이터베이스를 실행하는 ${SERVICE_USER} 사용자가 없습니다.`,
          ),
          why: t('Somebody removed it from this machine.', '이 머신에서 삭제되었습니다.'),
          next: t('Restart; "up" makes it again:', '다시 시작하면 "up"이 다시 만듭니다.'),
          run: again,
        }),
      ]
    : []
  if (f.unseen) return [good('doctor.instance.unseen', t('only root can ask it', 'root만 상태를 볼 수 있습니다'))]
  if (!f.running)
    return [
      ...user,
      good(
        'doctor.instance.stopped',
        f.vmsLeft
          ? t(`does not run; ${f.vmsLeft} VMs go on`, `실행 중이 아니며 VM ${f.vmsLeft}대는 계속 실행 중입니다`)
          : t('does not run', '실행 중이 아닙니다'),
      ),
    ]
  return [
    ...user,
    ...(f.healthy
      ? [good('doctor.instance.ok', t(`healthy, ${humanBytes(f.rss)}`, `정상, ${humanBytes(f.rss)}`))]
      : []),
    ...f.problems.map(problem =>
      bad('doctor.instance.problem', {
        what: t('A part of the instance does not work.', '인스턴스의 일부가 동작하지 않습니다.'),
        why: same(problem),
        next: t('Its log says more:', '로그에 자세한 내용이 있습니다.'),
        run: ['./rookery logs'],
      }),
    ),
    ...f.notes.filter(note => !/control groups/.test(note)).map(apart), // those have a check of their own
  ]
}

/** What `status` notes about the distance between VMs and this machine, in both languages, with its cure. */
const notes: readonly {
  readonly fits: RegExp
  readonly why: string
  readonly next: Text
  readonly run: readonly string[]
}[] = [
  {
    fits: /mandatory access control/,
    why: 'VM에 강제 접근 제어가 적용되지 않습니다. 이 커널에는 AppArmor도 SELinux도 없습니다.',
    next: t(
      'VMs work. Before guests of strangers run here, use Debian’s own kernel with AppArmor (in a container: the kernel of the machine around it). What is on now:',
      'VM은 동작합니다. 모르는 사람의 게스트를 실행하려면 AppArmor가 있는 데비안 커널을 쓰십시오(컨테이너라면 바깥 머신의 커널). 지금 상태:',
    ),
    run: ['cat /sys/kernel/security/lsm', 'apt-get install --yes apparmor'],
  },
  {
    fits: /\/dev of the host/,
    why: 'VM이 호스트의 /dev를 봅니다. /dev/pts 또는 /dev/shm이 두 번 마운트되어 있습니다.',
    next: t(
      'Take the upper mount away where it is made. What is mounted now:',
      '겹친 마운트를 만드는 곳에서 없애십시오. 지금 상태:',
    ),
    run: ['findmnt --list | grep /dev/'],
  },
]

function apart(note: string): Finding<(typeof codes)[number]> {
  const known = notes.find(n => n.fits.test(note))
  return poor('doctor.instance.note', {
    what: t('There is less between VMs and this machine than there could be.', 'VM과 이 머신 사이의 격리가 약합니다.'),
    why: t(note, known?.why ?? note),
    next: known?.next ?? t('VMs work; the logs say more:', 'VM은 동작합니다. 로그에 자세한 내용이 있습니다.'),
    run: known?.run ?? ['./rookery logs'],
  })
}
