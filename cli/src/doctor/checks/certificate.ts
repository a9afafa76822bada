import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hostname, networkInterfaces } from 'node:os'
import { bridgePrefix } from '../../instance/settings.ts'
import type { Names } from '@rookery/pki/names'
import { namesOf } from '@rookery/pki/x509'
import { machineName } from '../../up/options.ts'
import { ownFqdn } from '../../up/setup.ts'
import { peoplesNames } from '../../up/prepare.ts'
import { type Finding, bad, check, good, poor } from '../finding.ts'
import type { Scene } from '../scene.ts'
import { t } from '../text.ts'

const codes = [
  'doctor.certificate.ok',
  'doctor.certificate.none',
  'doctor.certificate.expired',
  'doctor.certificate.soon',
  'doctor.certificate.names',
] as const

/** The certificate that people's browsers and programs see. */
export interface CertificateFacts {
  readonly names: Names
  readonly daysLeft: number
  /** The names and addresses people may use now. */
  readonly wanted: Names
}

/** With fewer days left than this, the next `up` renews it. */
const RENEWED_BELOW = 130

/** How long the certificate lasts, and whether it covers every name and address that people use. */
export const certificate = check({
  topic: 'certificate',
  title: t('certificate', '인증서'),
  codes,
  gather: gatherCertificate,
  decide: certificateFindings,
})

async function gatherCertificate(s: Scene): Promise<CertificateFacts | undefined> {
  const file = join(s.paths.engine, 'tls/server.crt')
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (text === undefined || !s.settings) return undefined
  const wanted = peoplesNames(s.settings, machineName(await ownFqdn(), hostname()).hostname)
  const unused = notForPeople(bridgePrefix(s.settings))
  return {
    names: namesOf(text),
    daysLeft: Math.floor((new X509Certificate(text).validToDate.getTime() - Date.now()) / 86_400_000),
    wanted: { dns: wanted.dns, ip: wanted.ip.filter(address => !unused.has(address)) },
  }
}

/** Addresses nobody types: those of guest bridges, which are made after the certificate, and link-local ones. */
function notForPeople(bridges: string): Set<string> {
  return new Set(
    Object.entries(networkInterfaces()).flatMap(([name, list]) =>
      (list ?? []).flatMap(a => (name.startsWith(bridges) || a.address.startsWith('fe80:') ? [a.address] : [])),
    ),
  )
}

const again = ['./rookery down && ./rookery up --detach']

export function certificateFindings(f: CertificateFacts | undefined): Finding<(typeof codes)[number]>[] {
  if (!f) return [good('doctor.certificate.none', t('none yet', '아직 없습니다'))]
  const all = [...f.names.dns, ...f.names.ip].join(', ')
  const lacking = [
    ...f.wanted.dns.filter(name => !f.names.dns.includes(name)),
    ...f.wanted.ip.filter(address => !f.names.ip.includes(address)),
  ]
  const found: Finding<(typeof codes)[number]>[] = []
  if (f.daysLeft < 0)
    found.push(
      bad('doctor.certificate.expired', {
        what: t('The certificate has expired; clients refuse it.', '인증서가 만료되어 클라이언트가 거부합니다.'),
        why: t(
          `It ended ${-f.daysLeft} days ago, by this machine’s clock.`,
          `이 머신의 시계로 ${-f.daysLeft}일 전에 끝났습니다.`,
        ),
        next: t(
          'Restart; a new one is signed, and VMs go on running:',
          '다시 시작하면 새로 서명합니다. VM은 계속 실행됩니다.',
        ),
        run: again,
      }),
    )
  else if (f.daysLeft < RENEWED_BELOW)
    found.push(
      poor('doctor.certificate.soon', {
        what: t(`The certificate lasts ${f.daysLeft} more days.`, `인증서 유효 기간이 ${f.daysLeft}일 남았습니다.`),
        why: t('It is renewed at the next start only.', '다음 시작 때만 갱신됩니다.'),
        next: t('Restart when it suits; VMs go on running:', '편한 때 다시 시작하십시오. VM은 계속 실행됩니다.'),
        run: again,
      }),
    )
  if (lacking.length)
    found.push(
      poor('doctor.certificate.names', {
        what: t(
          `Clients that use ${lacking.join(' or ')} will refuse the certificate.`,
          `다음 이름이나 주소로 접속하면 클라이언트가 인증서를 거부합니다: ${lacking.join(', ')}.`,
        ),
        why: t(
          `It was made for ${all}; names or addresses of this machine have changed since.`,
          `인증서의 대상: ${all}. 그 뒤에 이 머신의 이름이나 주소가 바뀌었습니다.`,
        ),
        next: t(
          'Restart; it is signed anew, and VMs go on running:',
          '다시 시작하면 새로 서명합니다. VM은 계속 실행됩니다.',
        ),
        run: again,
      }),
    )
  if (found.length) return found
  return [good('doctor.certificate.ok', t(`for ${all}; ${f.daysLeft} days left`, `${all}, ${f.daysLeft}일 남음`))]
}
