import { dataVersion, embeddedBinaries } from '@rookery/postgres'
import { type Finding, bad, check, good } from '../finding.ts'
import { t } from '../text.ts'

const codes = [
  'doctor.database.ok',
  'doctor.database.none',
  'doctor.database.outside',
  'doctor.database.other_version',
] as const

/** The files of the embedded database: only the PostgreSQL that made them can read them. */
export const database = check({
  topic: 'database',
  title: t('database files', '데이터베이스 파일'),
  codes,
  gather: async s => ({
    outside: s.settings?.database === 'url',
    ours: (await embeddedBinaries()).major,
    found: await dataVersion(s.paths.postgresData),
  }),
  decide: databaseFindings,
})

export function databaseFindings(f: {
  outside: boolean
  ours: number
  found: number | undefined
}): Finding<(typeof codes)[number]>[] {
  if (f.outside)
    return [good('doctor.database.outside', t('kept by an outside PostgreSQL', '외부 PostgreSQL이 보관합니다'))]
  if (f.found === undefined) return [good('doctor.database.none', t('none yet', '아직 없습니다'))]
  if (f.found === f.ours) return [good('doctor.database.ok', t(`PostgreSQL ${f.found}`, `PostgreSQL ${f.found}`))]
  return [
    bad('doctor.database.other_version', {
      what: t(
        'The database was made by another PostgreSQL.',
        '데이터베이스가 다른 버전의 PostgreSQL로 만들어졌습니다.',
      ),
      why: t(
        `Its files are of version ${f.found}; this release runs ${f.ours}, which cannot read them.`,
        `파일은 버전 ${f.found}의 것이고 이 릴리스의 버전 ${f.ours}에서는 읽을 수 없습니다.`,
      ),
      next: t(
        'Start the release that made them and export, or use a PostgreSQL of your own:',
        '파일을 만든 릴리스를 시작해 내보내거나 직접 운영하는 PostgreSQL을 사용하십시오.',
      ),
      run: ['./rookery up --database postgresql://user@host:5432/name'],
    }),
  ]
}
