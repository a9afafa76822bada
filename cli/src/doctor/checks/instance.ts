import { humanBytes } from '@rookery/model'
import { account, SERVICE_USER } from '../../system/account.ts'
import { type Finding, bad, check, good, poor } from '../finding.ts'
import { same, t } from '../text.ts'

const codes = [
  'doctor.instance.stopped',
  'doctor.instance.ok',
  'doctor.instance.problem',
  'doctor.instance.note',
  'doctor.instance.no_user',
] as const

/** The running parts, as `status` sees them. */
export interface InstanceFacts {
  readonly running: boolean
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
    ...f.notes.map(note =>
      poor('doctor.instance.note', {
        what: t(
          'There is less between VMs and this machine than there could be.',
          'VM과 이 머신 사이의 격리가 약합니다.',
        ),
        why: same(note),
        next: t(
          'VMs work. Before guests of strangers run here, use a kernel with AppArmor and its own /dev and control groups. What this one has:',
          'VM은 동작합니다. 모르는 사람의 게스트를 실행하려면 AppArmor, 독립된 /dev, 컨트롤 그룹이 있는 커널을 쓰십시오. 지금 상태:',
        ),
        run: ['cat /sys/kernel/security/lsm; findmnt -t cgroup2,devpts,tmpfs'],
      }),
    ),
  ]
}
