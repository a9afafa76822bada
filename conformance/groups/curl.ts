import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Group, Setting } from '../groups.ts'
import { passwordOf } from '../harness/instance.ts'
import { curl } from '../harness/preparation.ts'
import { type Report, Skip } from '../harness/report.ts'
import { mustRun } from '../harness/run-program.ts'
import { element, idOf } from '../raw/api.ts'
import { until } from '@rookery/lab/guest/until'
import { recorded } from './recorded.ts'

/** What administrators have in their notes: curl with the CA and a password. */
export const curlGroup: Group = {
  name: 'curl',
  async run(report, setting) {
    let version: string
    try {
      version = await curl()
    } catch (error) {
      if (!(error instanceof Skip)) throw error
      report.skip('everything', error.message)
      return
    }
    report.say(`  ${version}`)
    // Passwords stay out of argument lists: others can read those.
    const secrets = { netrc: join(setting.scratch, 'netrc'), form: join(setting.scratch, 'form') }
    const password = await passwordOf(setting.instance)
    const host = new URL(setting.instance.origin).hostname
    await writeFile(secrets.netrc, `machine ${host} login ${setting.instance.user} password ${password}\n`, {
      mode: 0o600,
    })
    const form = { grant_type: 'password', scope: 'ovirt-app-api', username: setting.instance.user, password }
    await writeFile(secrets.form, new URLSearchParams(form).toString(), { mode: 0o600 })
    try {
      await recorded(setting, 'curl', environment => recipes(report, setting, environment, secrets))
    } finally {
      for (const file of Object.values(secrets)) await rm(file, { force: true })
    }
  },
}

async function recipes(
  report: Report,
  setting: Setting,
  environment: NodeJS.ProcessEnv,
  secrets: { netrc: string; form: string },
): Promise<void> {
  const api = environment['ROOKERY_URL'] ?? ''
  const call = (...words: string[]) =>
    mustRun(['curl', '--silent', '--show-error', '--fail-with-body', '--cacert', setting.instance.caFile, ...words], {
      env: environment,
    })
  const basic = (path: string, ...words: string[]) => call('--netrc-file', secrets.netrc, ...words, `${api}${path}`)
  const post = (path: string, body: string) => basic(path, '--header', 'Content-Type: application/xml', '--data', body)
  const json = ['--header', 'Accept: application/json']

  await report.check('the root document with a password', async () => {
    assert.match(await basic(''), /<product_info>/)
  })
  await report.check('a token, and a list in JSON with it', async () => {
    const said = await call(...json, '--data', `@${secrets.form}`, `${api.replace(/\/api$/, '')}/sso/oauth/token`)
    const token = /"access_token": ?"([^"]+)"/.exec(said)?.[1] ?? ''
    const header = join(setting.scratch, 'netrc') // a file, for the same reason as above
    await writeFile(`${header}.token`, `Authorization: Bearer ${token}\n`, { mode: 0o600 })
    const clusters: unknown = JSON.parse(await call(...json, '--header', `@${header}.token`, `${api}/clusters`))
    await rm(`${header}.token`)
    assert.ok(typeof clusters === 'object' && clusters !== null && 'cluster' in clusters)
  })
  await report.check('a VM and a disk are made, read in XML and JSON, and removed', async () => {
    const name = `curl-${crypto.randomUUID().slice(0, 8)}`
    const cluster = idOf(await basic('/clusters'), 'cluster')
    const vm = idOf(
      await post(
        '/vms',
        `<vm><name>${name}</name><cluster id="${cluster}"/><template><name>Blank</name></template></vm>`,
      ),
      'vm',
    )
    const domain = idOf(await basic('/storagedomains?search=type%3Ddata'), 'storage_domain')
    const disk = idOf(
      await post(
        '/disks',
        `<disk><name>${name}</name><format>cow</format><provisioned_size>1048576</provisioned_size><storage_domains><storage_domain id="${domain}"/></storage_domains></disk>`,
      ),
      'disk',
    )
    try {
      await until('the disk to be ok', async () => element(await basic(`/disks/${disk}`), 'status') === 'ok')
      assert.match(await basic(`/vms/${vm}`, ...json), /"name"\s*:\s*"curl-/)
      // Lists below objects that the SDK has no service for.
      assert.match(await basic(`/disks/${disk}/storagedomains`), new RegExp(`<storage_domain[^>]* id="${domain}"`))
      assert.match(await basic(`/disks/${disk}/vms`), /<vms/)
      assert.match(await basic(`/vms/${vm}/floppies`), /<floppies/)
    } finally {
      await basic(`/disks/${disk}`, '--request', 'DELETE')
      await basic(`/vms/${vm}`, '--request', 'DELETE')
    }
  })
  await report.check('a refusal ends curl with 22 and shows the fault', async () => {
    await assert.rejects(basic(`/vms/${crypto.randomUUID()}`), /ended with 22:[\s\S]*<fault>|ended with 22/)
  })
}
