import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { aRunningVm } from '../engine/test/entities.ts'
import { adminPassword } from '../engine/test/engine.ts'
import { startWorld, type World } from '../engine/test/small-world.ts'
import type { World as FullWorld } from '../engine/test/survive-world.ts'
import { until } from '../engine/test/until.ts'
import { noViolations } from './axe.ts'
import { launch, noBrowser, type Seat, sit } from './browser.ts'
import { enter } from './people.ts'

/** What people read on the way. */
const words = {
  en: {
    hosts: 'Hosts',
    clusters: 'Clusters',
    newCluster: 'New cluster',
    addHost: 'Add host',
    name: 'Name',
    address: 'Address',
    key: 'The engine’s key',
    publicKey: 'The engine’s public key',
    look: 'Ask for its fingerprint',
    same: /I have compared it/,
    add: 'Add',
    join: 'By a command on the machine',
    makeCommand: 'Make the command',
    command: 'Join command',
    migrate: /^Migrate/,
    migrateVerb: 'Migrate',
    more: 'More actions',
    maintenance: /^Maintenance/,
    maintenanceVerb: 'Maintenance',
    inMaintenance: 'Maintenance',
    activate: 'Activate',
    up: 'Up',
    newGroup: 'New group',
    machines: 'Virtual machines',
    create: 'Create',
    kept: 'Kept',
    copy: /^Copy/,
    actionsOf: (name: string) => `Actions of ${name}`,
    editMemory: 'Edit: Memory optimization',
    overcommit: 'Memory overcommit',
    desktop: 'Desktop load: 200 %',
    save: 'Save',
    noHosts: 'No hosts in this cluster yet',
    flags: /flags in common/,
  },
  ko: {
    hosts: '호스트',
    clusters: '클러스터',
    newCluster: '새 클러스터',
    addHost: '호스트 추가',
    name: '이름',
    address: '주소',
    key: '엔진의 키',
    publicKey: '엔진의 공개 키',
    look: '지문 확인',
    same: /비교했으며/,
    add: '추가',
    join: '장비에서 명령 실행',
    makeCommand: '명령 만들기',
    command: '참여 명령',
    migrate: /^마이그레이션/,
    migrateVerb: '마이그레이션',
    more: '더 많은 동작',
    maintenance: /^유지보수/,
    maintenanceVerb: '유지보수',
    inMaintenance: '유지보수',
    activate: '활성화',
    up: '가동 중',
    newGroup: '새 그룹',
    machines: '가상 머신',
    create: '만들기',
    kept: '지켜짐',
    copy: /^복사/,
    actionsOf: (name: string) => `동작: ${name}`,
    editMemory: '편집: 메모리 최적화',
    overcommit: '메모리 오버커밋',
    desktop: '데스크톱용 부하: 200%',
    save: '저장',
    noHosts: '이 클러스터에는 아직 호스트가 없습니다',
    flags: /공통 기능/,
  },
} as const

/** Where pictures of the tour go; they are taken anew only when asked for: `ROOKERY_TOUR=1 ./rookery test e2e`. */
const tour = process.env['ROOKERY_TOUR'] === '1' ? join(import.meta.dirname, '../docs/tour') : undefined

/** Nothing is on its way any more. Runs in the page. */
const settled = `document.querySelector('.pf-v6-c-skeleton, [aria-busy=true]') === null`

/** Looks at a page as axe does, and takes its picture when a tour is asked for. */
async function look(seat: Seat, what: string): Promise<void> {
  await until(async () => (await seat.page.evaluate(settled)) === true, { what: `${what} to be there` })
  await noViolations(seat, what)
  if (tour === undefined) return
  await mkdir(tour, { recursive: true })
  await seat.page.screenshot({ path: join(tour, `${what}-${seat.language}.png`) })
}

const status = (page: Page, word: string) =>
  page.locator('.rk-detail-status').getByText(word, { exact: true }).waitFor()

describe('hosts, clusters and placement in the console, over pretended hosts', { skip: noBrowser }, () => {
  let world: World
  let browser: Browser
  let vm: { vmId: string; name: string }
  before(async () => {
    ;[world, browser] = await Promise.all([startWorld({ hosts: 3 }), launch()])
    const { sql } = world.database.db
    const ended = (id: string) =>
      until(() => sql.maybe`select status, error from job where id = ${id}::uuid and ended_at is not null`, {
        what: 'the job to end',
      })
    vm = await aRunningVm({ ...world, sql, ended } as unknown as FullWorld)
  })
  after(async () => {
    await browser?.close()
    await world?.stop()
  })

  for (const language of ['en', 'ko'] as const)
    test(`${language}: a cluster is made and changed, hosts are offered to it, a machine moves, a host is emptied and comes back (R31, R58)`, async () => {
      const seat = await sit(browser, { origin: world.one.url, language, dark: language === 'ko' })
      const w = words[language]
      const { page } = seat
      await seat.during(async () => {
        await enter(seat, '/admin/clusters', adminPassword)
        await page.getByRole('link', { name: 'Default' }).first().waitFor()
        await look(seat, 'clusters')
        await aNewCluster(seat)
        await theWaysToAddAHost(seat)

        const { id } = await world.database.db.sql.one<{ id: string }>`select id from cluster where name = 'Default'`
        await page.goto(`/admin/clusters/${id}/overview`)
        await page.getByRole('button', { name: w.flags }).waitFor()
        await look(seat, 'cluster')
        await page.goto(`/admin/clusters/${id}/scheduling`)
        await page.getByRole('link', { name: /./ }).first().waitFor()
        await look(seat, 'cluster-scheduling')

        await aGroup(seat)
        await aPolicyIsCopied(seat)
        const left = await theMachineMoves(seat)
        await aHostIsEmptied(seat, left)
      })
      await seat.leave()
    })

  /** A cluster with more memory than there is, as its page then says. */
  async function aNewCluster(seat: Seat): Promise<void> {
    const { page, language } = seat
    const w = words[language]
    const name = `second-${language}`
    await page.getByRole('button', { name: w.newCluster }).first().click()
    const dialog = page.getByRole('dialog')
    // Without a name nothing is sent: the field says so and has the focus.
    await dialog.getByRole('button', { name: w.create, exact: true }).click()
    const field = dialog.getByRole('textbox', { name: w.name, exact: true })
    await dialog.locator('input:focus[aria-invalid="true"]').waitFor()
    await field.fill(name)
    await look(seat, 'new-cluster')
    await dialog.getByRole('button', { name: w.create, exact: true }).click()
    await page.getByRole('heading', { level: 1, name }).waitFor()
    await page.getByText(w.noHosts).first().waitFor()
    await page.goto(`${new URL(page.url()).pathname.replace(/overview$/, '')}settings`)
    await page.getByRole('button', { name: w.editMemory }).click()
    await page.getByRole('combobox', { name: w.overcommit }).selectOption({ label: w.desktop })
    await page.getByRole('dialog').getByRole('button', { name: w.save }).click()
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    const { memoryOvercommit } = await world.database.db.sql.one<{ memoryOvercommit: number }>`
      select memory_overcommit from cluster where name = ${name}`
    assert.equal(memoryOvercommit, 200)
    await look(seat, 'cluster-settings')
  }

  /** Over SSH nothing is sent before the fingerprint was confirmed; the join command is shown once, to be copied. */
  async function theWaysToAddAHost(seat: Seat): Promise<void> {
    const { page, language } = seat
    const w = words[language]
    await page.goto('/admin/hosts')
    await page.getByRole('link', { name: 'sim-0000' }).waitFor()
    await look(seat, 'hosts-list')
    await page.getByRole('button', { name: w.addHost }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: w.name, exact: true }).fill('hyper9')
    await dialog.getByRole('textbox', { name: w.address }).fill('127.0.0.1')
    await dialog.getByRole('radio', { name: w.key }).check()
    await until(
      async () => (await dialog.getByRole('textbox', { name: w.publicKey }).inputValue()).startsWith('ecdsa-'),
      { what: 'the public key of the engine' },
    )
    // A machine that cannot be asked is named in the dialog; nothing was made.
    await look(seat, 'add-host')
    await dialog.getByRole('radio', { name: w.join }).check()
    await dialog.getByRole('button', { name: w.makeCommand }).click()
    const command = dialog.getByRole('textbox', { name: w.command })
    await until(async () => /^rookery-agent join \S{40}/.test(await command.inputValue()), { what: 'the command' })
    await look(seat, 'join-host')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
  }

  /** Two rules in one form; the list says whether it is kept. */
  async function aGroup(seat: Seat): Promise<void> {
    const { page, language } = seat
    const w = words[language]
    const name = `apart-${language}`
    await page.goto('/admin/affinity/groups')
    await page.getByRole('button', { name: w.newGroup }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: w.name, exact: true }).fill(name)
    const picker = dialog.getByRole('textbox', { name: w.machines, exact: true })
    await picker.fill(vm.name)
    await dialog.getByRole('button', { name: new RegExp(vm.name) }).waitFor()
    await picker.press('Enter')
    await look(seat, 'new-group')
    await dialog.getByRole('button', { name: w.create, exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    await page
      .getByRole('row', { name: new RegExp(name) })
      .getByText(w.kept)
      .waitFor()
    await look(seat, 'affinity')
  }

  /** A policy of the product is not changed but copied. */
  async function aPolicyIsCopied(seat: Seat): Promise<void> {
    const { page, language } = seat
    const w = words[language]
    await page.goto('/admin/policies')
    await page.getByRole('button', { name: w.actionsOf('power_saving') }).click()
    await page.getByRole('menuitem', { name: w.copy }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: w.name, exact: true }).fill(`mine-${language}`)
    await look(seat, 'new-policy')
    await dialog.getByRole('button', { name: w.create, exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    await page.getByText(`mine-${language}`).waitFor()
    await look(seat, 'policies')
  }

  /** The dialog says of each host why it would or would not take the machine; it goes to the best. Returns the host that it is on then. */
  async function theMachineMoves(seat: Seat): Promise<string> {
    const { page, language } = seat
    const w = words[language]
    const where = () =>
      world.database.db.sql.one<{ hostId: string; status: string }>`
        select host_id, status from vm_view where id = ${vm.vmId}::uuid`
    const before = await where()
    await page.goto(`/admin/vms/${vm.vmId}/overview`)
    await page.getByRole('button', { name: w.more }).click()
    await page.getByRole('menuitem', { name: w.migrate }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('row', { name: /sim-0002/ }).waitFor()
    await look(seat, 'migrate')
    await dialog.getByRole('button', { name: w.migrateVerb, exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    const now = await until(
      async () => {
        const row = await where()
        return row.status === 'up' && row.hostId !== before.hostId ? row : undefined
      },
      { what: 'the machine to be on another host', timeoutMs: 120_000 },
    )
    return now.hostId
  }

  /** The plan says where each machine goes; then the host is empty, and comes back. */
  async function aHostIsEmptied(seat: Seat, hostId: string): Promise<void> {
    const { page, language } = seat
    const w = words[language]
    await page.goto(`/admin/hosts/${hostId}/overview`)
    await status(page, w.up)
    await look(seat, 'host')
    const actions = page.getByRole('main')
    await actions.getByRole('button', { name: w.maintenance }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('link', { name: vm.name }).waitFor()
    await look(seat, 'maintenance')
    await dialog.getByRole('button', { name: w.maintenanceVerb, exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    await status(page, w.inMaintenance)
    await look(seat, 'host-maintenance')
    await actions.getByRole('button', { name: w.activate, exact: true }).first().click()
    await status(page, w.up)
    await page.goto(`/admin/hosts/${hostId}/settings`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await look(seat, 'host-settings')
  }
})
