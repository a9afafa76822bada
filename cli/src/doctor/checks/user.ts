import { type Finding, check, good, poor } from '../finding.ts'
import { t } from '../text.ts'

const codes = ['doctor.user.ok', 'doctor.user.simulated_only', 'doctor.user.not_owner'] as const

/** Who runs this: only root can make a real host, and only root sees everything of root's instance. */
export const user = check({
  topic: 'user',
  title: t('user', '사용자'),
  codes,
  gather: async s => ({ root: s.root, rootsInstance: s.settings?.root === true }),
  decide: userFindings,
})

export function userFindings(f: { root: boolean; rootsInstance: boolean }): Finding<(typeof codes)[number]>[] {
  if (f.root)
    return [good('doctor.user.ok', t('root: this machine can be a host', 'root: 이 머신을 호스트로 쓸 수 있습니다'))]
  if (f.rootsInstance)
    return [
      poor('doctor.user.not_owner', {
        what: t(
          'This instance belongs to root, and you are not root.',
          '이 인스턴스는 root의 것인데 지금 사용자는 root가 아닙니다.',
        ),
        why: t('Some of its files can only be read by root.', '일부 파일은 root만 읽을 수 있습니다.'),
        next: t('Run the same command as root to see everything.', '전체를 보려면 같은 명령을 root로 실행하십시오.'),
        run: ['sudo ./rookery doctor'],
      }),
    ]
  return [
    poor('doctor.user.simulated_only', {
      what: t('Without root there are simulated hosts only.', 'root가 아니면 모의 호스트만 사용할 수 있습니다.'),
      why: t(
        'A real host needs root for QEMU, bridges and mounts.',
        '실제 호스트에는 QEMU, 브리지, 마운트를 다룰 root 권한이 필요합니다.',
      ),
      next: t('Start Rookery as root for a real host.', '실제 호스트를 쓰려면 Rookery를 root로 시작하십시오.'),
      run: ['sudo ./rookery up'],
    }),
  ]
}
