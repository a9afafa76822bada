import { account } from '../../system/account.ts'
import { exec } from '../../system/exec.ts'
import { type Finding, bad, check, good } from '../finding.ts'
import { same, t } from '../text.ts'

const codes = [
  'doctor.libvirt.ok',
  'doctor.libvirt.not_installed',
  'doctor.libvirt.no_user',
  'doctor.libvirt.broken',
] as const

/** A program that was asked for its version: the first line, what it said instead, or nothing where it is not installed. */
export interface Asked {
  readonly program: string
  readonly version?: string
  readonly error?: string
}

/** Whether libvirt and QEMU start at all, and the user that QEMU runs as is there. */
export const libvirt = check({
  topic: 'libvirt',
  title: t('libvirt and QEMU', 'libvirt와 QEMU'),
  codes,
  gather: async () => ({
    programs: await Promise.all(
      ['/usr/sbin/libvirtd', '/usr/sbin/virtlogd', qemu, '/usr/bin/qemu-img'].map(program => version(program)),
    ),
    user: (await account('libvirt-qemu')) !== undefined,
  }),
  decide: libvirtFindings,
})

const qemu = process.arch === 'arm64' ? '/usr/bin/qemu-system-aarch64' : '/usr/bin/qemu-system-x86_64'

async function version(program: string): Promise<Asked> {
  try {
    const said = await exec([program, '--version'], { timeout: 10_000 })
    const first = said.stdout.split('\n')[0]?.trim() ?? ''
    if (said.code === 0) return { program, version: /\d+(\.\d+)+/.exec(first)?.[0] ?? first }
    return { program, error: (said.stderr || said.stdout).trim().split('\n')[0] || `it ended with ${said.code}` }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { program }
    return { program, error: error instanceof Error ? error.message : String(error) }
  }
}

export function libvirtFindings(f: { programs: readonly Asked[]; user: boolean }): Finding<(typeof codes)[number]>[] {
  const broken = f.programs.filter(p => p.error !== undefined)
  const there = f.programs.filter(p => p.version !== undefined)
  const found: Finding<(typeof codes)[number]>[] = broken.map(p =>
    bad('doctor.libvirt.broken', {
      what: t(`${p.program} does not start.`, `${p.program} 프로그램이 시작되지 않습니다.`),
      why: same(p.error ?? ''),
      next: t(
        'Usually a library of another version; install it again:',
        '대개 라이브러리 버전이 맞지 않습니다. 다시 설치하십시오.',
      ),
      run: [`apt-get install --reinstall "$(dpkg -S ${p.program} | cut -d: -f1)"`, `${p.program} --version`],
    }),
  )
  if (there.length && !f.user)
    found.push(
      bad('doctor.libvirt.no_user', {
        what: t(
          'The user that QEMU runs as, libvirt-qemu, is gone.',
          'QEMU를 실행하는 libvirt-qemu 사용자가 없습니다.',
        ),
        why: t(
          'The package libvirt-daemon-system makes it; it was removed since, or the package was not set up to its end.',
          'libvirt-daemon-system 패키지가 만드는 사용자입니다. 나중에 삭제되었거나 패키지 설정이 끝나지 않았습니다.',
        ),
        next: t('Let the package make it again:', '패키지가 다시 만들게 하십시오.'),
        run: ['dpkg-reconfigure libvirt-daemon-system'],
      }),
    )
  if (found.length) return found
  if (there.length === 0)
    return [
      good(
        'doctor.libvirt.not_installed',
        t('not installed yet; "up" does it', '아직 설치되지 않았습니다. "up"이 설치합니다'),
      ),
    ]
  const list = there.map(p => `${p.program.split('/').at(-1)} ${p.version}`).join(', ')
  return [good('doctor.libvirt.ok', same(list))]
}
