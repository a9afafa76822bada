import { type Finding, bad, check, good } from '../finding.ts'
import { t } from '../text.ts'

const codes = ['doctor.settings.ok', 'doctor.settings.none', 'doctor.settings.broken'] as const

/** Whether the data directory describes an instance of this release. */
export const settings = check({
  topic: 'settings',
  title: t('settings', '설정'),
  codes,
  gather: async s => ({
    file: s.paths.settings,
    dataDir: s.paths.dataDir,
    createdAt: s.settings?.createdAt,
    broken: s.broken,
  }),
  decide: settingsFindings,
})

export function settingsFindings(f: {
  file: string
  dataDir: string
  createdAt: string | undefined
  broken: string | undefined
}): Finding<(typeof codes)[number]>[] {
  if (f.broken !== undefined)
    return [
      bad('doctor.settings.broken', {
        what: t(`The settings in ${f.file} cannot be used.`, `${f.file} 파일의 설정을 사용할 수 없습니다.`),
        why: t(
          `${f.broken} It was changed by hand, or made by a newer release.`,
          `손으로 고쳤거나 더 새로운 릴리스가 만든 파일입니다(${f.broken}).`,
        ),
        next: t(
          'Restore the file from a copy, or start another instance in another folder.',
          '사본에서 파일을 복원하거나 다른 폴더에서 새 인스턴스를 시작하십시오.',
        ),
        run: [`ls -l ${f.file}`],
      }),
    ]
  if (f.createdAt === undefined)
    return [
      good(
        'doctor.settings.none',
        t(`no instance yet in ${f.dataDir}`, `${f.dataDir} 폴더에 아직 인스턴스가 없습니다`),
      ),
    ]
  const day = f.createdAt.slice(0, 10)
  return [good('doctor.settings.ok', t(`${f.file}, made ${day}`, `${f.file}, ${day} 생성`))]
}
