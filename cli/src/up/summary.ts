import { readFile } from 'node:fs/promises'
import { ADMIN } from '../engine-api.ts'
import { dataDirOf, type Paths } from '../instance/paths.ts'
import type { Settings } from '../instance/settings.ts'
import { fingerprint } from '../pki/store.ts'
import { advertised } from './configs.ts'
import { reach } from '../system/https.ts'

/** What a person or a script needs to use a running instance. */
export interface Summary {
  readonly running: true
  readonly alreadyRunning: boolean
  readonly mode: Settings['mode']
  readonly url: string
  readonly api: string
  readonly user: string
  readonly passwordFile: string
  readonly ca: { readonly file: string; readonly sha256: string }
  readonly dataDir: string
  readonly logs: string
  readonly next: readonly { readonly what: string; readonly command: string }[]
}

/** Collects the summary of an instance that runs. */
export async function summary(p: Paths, s: Settings, alreadyRunning: boolean): Promise<Summary> {
  const url = `https://${reach(advertised(s), s.port)}`
  const option =
    p.dataDir === dataDirOf(undefined, { HOME: process.env.HOME, XDG_DATA_HOME: process.env.XDG_DATA_HOME })
      ? ''
      : ` --data-dir ${p.dataDir}`
  const api = `${url}/ovirt-engine/api`
  return {
    running: true,
    alreadyRunning,
    mode: s.mode,
    url: `${url}/`,
    api,
    user: ADMIN,
    passwordFile: p.adminPassword,
    ca: { file: p.caForUsers, sha256: fingerprint(await readFile(p.caForUsers, 'utf8')) },
    dataDir: p.dataDir,
    logs: p.log,
    next: [
      { what: 'See what runs', command: `./rookery status${option}` },
      ...(s.mode === 'host'
        ? [{ what: 'Make a small disk to boot from', command: `./rookery images build tiny${option}` }]
        : [{ what: 'Follow what happens', command: `./rookery logs -f${option}` }]),
      { what: 'Ask the API (type the password)', command: `curl --cacert ${p.caForUsers} --user ${ADMIN} ${api}` },
    ],
  }
}

/** The summary for people. The password itself is never shown: terminals are recorded. */
export function summaryText(x: Summary): string {
  const width = Math.max(...x.next.map(n => n.what.length))
  return [
    '',
    x.alreadyRunning ? 'Rookery already runs; nothing was changed.' : 'Rookery is ready.',
    '',
    `  Console   ${x.url}`,
    `  User      ${x.user}`,
    `  Password  in ${x.passwordFile}`,
    `  CA        ${x.ca.file}`,
    `            SHA-256 ${x.ca.sha256}`,
    `  Logs      ${x.logs}`,
    ...(x.mode === 'simulated' ? ['', '  All hosts are simulated: a real one needs root.'] : []),
    '',
    'Next:',
    ...x.next.map(n => `  ${n.what.padEnd(width)}  ${n.command}`),
  ].join('\n')
}
