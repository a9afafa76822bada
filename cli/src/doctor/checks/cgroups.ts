import { readFile } from 'node:fs/promises'
import { writableCgroups } from '../../supervisor/libvirt.ts'
import { type Finding, check, good, poor } from '../finding.ts'
import { t } from '../text.ts'

const codes = ['doctor.cgroups.ok', 'doctor.cgroups.read_only'] as const

/** Control groups: what gives each VM limits of its own. */
export const cgroups = check({
  topic: 'cgroups',
  title: t('control groups', '컨트롤 그룹'),
  codes,
  gather: async () => ({ writable: writableCgroups(await readFile('/proc/self/mountinfo', 'utf8')) }),
  decide: cgroupsFindings,
})

export function cgroupsFindings(f: { writable: boolean }): Finding<(typeof codes)[number]>[] {
  if (f.writable) return [good('doctor.cgroups.ok', t('can be written to', '쓸 수 있습니다'))]
  return [
    poor('doctor.cgroups.read_only', {
      what: t('VMs run without limits of their own.', 'VM이 개별 한도 없이 실행됩니다.'),
      why: t(
        'No control group file system is mounted here so that it can be written to, as in most containers.',
        '쓸 수 있게 마운트된 컨트롤 그룹 파일 시스템이 없습니다. 대부분의 컨테이너에서 그렇습니다.',
      ),
      next: t(
        'In a container, start it with writable control groups; elsewhere mount them:',
        '컨테이너라면 쓰기 가능한 컨트롤 그룹으로 시작하고, 그 밖에는 마운트하십시오.',
      ),
      run: ['mount -t cgroup2 cgroup2 /sys/fs/cgroup'],
    }),
  ]
}
