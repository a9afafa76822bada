import { missingPackages } from '../../packages/apt.ts'
import { hostPackages } from '../../packages/list.ts'
import { hasSystemd } from '../../system/systemd.ts'
import { type Finding, check, good, poor } from '../finding.ts'
import { t } from '../text.ts'

const codes = ['doctor.packages.ok', 'doctor.packages.missing'] as const

/** The Debian packages of a host. */
export const packages = check({
  topic: 'packages',
  title: t('packages', '패키지'),
  codes,
  gather: async () => {
    const needs = hostPackages({ arch: process.arch, systemd: hasSystemd() })
    return { wanted: needs.length, missing: (await missingPackages(needs)).map(n => n.name) }
  },
  decide: packagesFindings,
})

export function packagesFindings(f: { wanted: number; missing: readonly string[] }): Finding<(typeof codes)[number]>[] {
  if (f.missing.length === 0)
    return [good('doctor.packages.ok', t(`all ${f.wanted} present`, `필요한 ${f.wanted}개가 모두 있습니다`))]
  const names = f.missing.join(' ')
  return [
    poor('doctor.packages.missing', {
      what: t(
        `${f.missing.length} of the ${f.wanted} Debian packages of a host are missing.`,
        `호스트에 필요한 데비안 패키지 ${f.wanted}개 중 ${f.missing.length}개가 없습니다.`,
      ),
      why: t(`Not installed: ${names}.`, `설치되지 않음: ${names}.`),
      next: t(
        '"./rookery up --yes" installs them; to do it yourself:',
        '"./rookery up --yes" 명령이 설치합니다. 직접 설치하려면:',
      ),
      run: [`apt-get update && apt-get install --no-install-recommends ${names}`],
    }),
  ]
}
