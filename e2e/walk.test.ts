import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { until } from '../lab/src/guest/until.ts'
import { noViolations } from './axe.ts'
import { launch, type Seat, sit } from './browser.ts'
import { enter, words as common } from './people.ts'
import { noRealHost, type RealSite, realSite, tiny } from './real.ts'

/** What people read on the way. */
const words = {
  en: {
    vms: 'Virtual machines',
    images: 'Images & ISOs',
    upload: 'Upload',
    uploadStart: 'Upload',
    newVm: 'New machine',
    name: 'Name',
    memory: 'Memory',
    image: 'Disk image',
    create: 'Create',
    start: 'Start',
    running: 'Running',
    off: 'Off',
    tabs: {
      console: 'Console',
      performance: 'Performance',
      disks: 'Disks',
      network: 'Network',
      activity: 'Activity',
      placement: 'Placement',
      settings: 'Settings',
    },
    serial: 'Serial',
    transcript: /What the serial console of/,
    showTranscript: 'Text transcript',
    more: 'More actions',
    powerOff: /^Power off/,
    remove: /^Remove/,
    removeVerb: 'Remove',
    powerOffVerb: 'Power off',
    tasks: 'Tasks',
    events: 'Events',
    dashboard: 'Dashboard',
    hosts: 'Hosts',
    domains: 'Domains',
    disks: 'Disks',
    sessions: 'Sessions',
    account: 'Account',
    ready: 'OK',
  },
  ko: {
    vms: '가상 머신',
    images: '이미지와 ISO',
    upload: '업로드',
    uploadStart: '업로드',
    newVm: '새로 만들기',
    name: '이름',
    memory: '메모리',
    image: '디스크 이미지',
    create: '만들기',
    start: '시작',
    running: '실행 중',
    off: '꺼짐',
    tabs: {
      console: '콘솔',
      performance: '성능',
      disks: '디스크',
      network: '네트워크',
      activity: '활동',
      placement: '배치',
      settings: '설정',
    },
    serial: '시리얼',
    transcript: /시리얼 콘솔/,
    showTranscript: '텍스트 기록',
    more: '더 많은 동작',
    powerOff: /^전원 끄기/,
    remove: /^삭제/,
    removeVerb: '삭제',
    powerOffVerb: '전원 끄기',
    tasks: '작업',
    events: '이벤트',
    dashboard: '대시보드',
    hosts: '호스트',
    domains: '도메인',
    disks: '디스크',
    sessions: '세션',
    account: '계정',
    ready: '정상',
  },
} as const

/** Where pictures of the tour go; they are taken anew only when asked for: `ROOKERY_TOUR=1 ./rookery test e2e`. */
const tour = process.env['ROOKERY_TOUR'] === '1' ? join(import.meta.dirname, '../docs/tour') : undefined

/** As much of a canvas as is looked at here. */
interface Canvas {
  width: number
  height: number
  getContext(kind: '2d'): { getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray } }
}

/** How many different colours a canvas shows (counted to 2), and one number that changes when its picture does. Runs in the page. */
function pictureOf(canvas: Canvas): { colours: number; sum: number } {
  const { width, height } = canvas
  if (width === 0 || height === 0) return { colours: 0, sum: 0 }
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height)
  let colours = 1
  let sum = 0
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] !== data[0] || data[i + 1] !== data[1] || data[i + 2] !== data[2]) colours = 2
    sum = (sum * 31 + (data[i] ?? 0) + (data[i + 1] ?? 0) * 7) | 0
  }
  return { colours, sum }
}

describe('a person and a browser: from signing in to a VM and back', { skip: noRealHost }, () => {
  let site: RealSite
  let browser: Browser
  before(async () => {
    ;[site, browser] = await Promise.all([realSite(), launch()])
  })
  after(async () => {
    await browser?.close()
    await site?.close()
  })

  for (const language of ['en', 'ko'] as const)
    test(`${language}: upload, create, start, watch both consoles, stop, remove, sign out; nothing needs a reload (R97)`, async () => {
      const dark = language === 'ko'
      const seat = await sit(browser, { origin: site.origin, language, dark })
      const w = words[language]
      const { page } = seat
      const name = `walk-${language}`
      await seat.during(async () => {
        await enter(seat, '/admin', site.password)
        await page.getByRole('heading', { level: 1, name: w.dashboard }).waitFor()
        const loads = seat.loads()
        await look(seat, 'dashboard')

        await goTo(page, w.images)
        await uploadTiny(seat)
        await look(seat, 'images')

        await goTo(page, w.vms)
        await page.getByRole('button', { name: w.newVm }).first().click()
        const dialog = page.getByRole('dialog')
        await dialog.getByRole('textbox', { name: w.name, exact: true }).fill(name)
        await dialog.getByRole('textbox', { name: w.memory }).fill('256 MiB')
        const image = dialog.getByRole('combobox', { name: w.image })
        await until('the uploaded image to be offered', async () =>
          /tiny/.test(await image.locator('option:checked').innerText()),
        )
        await look(seat, 'new-machine')
        await dialog.getByRole('button', { name: w.create, exact: true }).click()
        await dialog.waitFor({ state: 'hidden' })
        await page.getByRole('heading', { level: 1, name }).waitFor()

        const actions = page.getByRole('group', { name: new RegExp(name) })
        await enabled(actions.getByRole('button', { name: w.start, exact: true }))
        await actions.getByRole('button', { name: w.start, exact: true }).click()
        await page.locator('.rk-detail-status').getByText(w.running, { exact: true }).waitFor()
        await look(seat, 'machine')

        await openTab(page, w.tabs.console)
        await vncDrawsAndTakesKeys(page)
        await look(seat, 'console-vnc')
        await serialDrawsAndTakesKeys(seat, `${language}${6 * 7}`)
        await look(seat, 'console-serial')

        await openTab(page, w.tabs.performance)
        await chartsMove(page)
        await look(seat, 'performance')
        for (const tab of ['disks', 'network', 'placement', 'settings', 'activity'] as const) {
          await openTab(page, w.tabs[tab])
          await look(seat, `machine-${tab}`)
        }
        for (const link of ['vms', 'hosts', 'domains', 'disks', 'tasks', 'events', 'sessions', 'account'] as const) {
          await goTo(page, w[link])
          await look(seat, link)
        }

        await goTo(page, w.vms)
        await page.getByRole('link', { name }).click()
        await act(page, w.more, w.powerOff)
        await page.getByRole('dialog').getByRole('button', { name: w.powerOffVerb, exact: true }).click()
        await page.locator('.rk-detail-status').getByText(w.off, { exact: true }).waitFor()
        await act(page, w.more, w.remove)
        const confirm = page.getByRole('dialog')
        await confirm.getByRole('textbox').fill(name)
        await look(seat, 'remove')
        await confirm.getByRole('button', { name: w.removeVerb, exact: true }).click()
        await page.getByRole('heading', { level: 1, name: w.vms }).waitFor()
        // A row that is gone stays, struck through, while the pointer is over the list.
        await page.mouse.move(5, 5)
        await page.getByRole('link', { name }).waitFor({ state: 'detached' })

        await page.getByRole('button', { name: common[language].menu }).click()
        await page.getByRole('menuitem', { name: common[language].signOut }).click()
        await page.getByRole('button', { name: common[language].signIn, exact: true }).waitFor()
        assert.equal(seat.loads(), loads, 'the page was loaded once')
      })
      await seat.leave()
    })

  /** Uploads the tiny disk and waits until it can be used. */
  async function uploadTiny({ page, language }: Seat): Promise<void> {
    const w = words[language]
    const { disk } = tiny()
    await page.getByRole('button', { name: w.upload, exact: true }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('input[type=file]').setInputFiles(disk)
    await dialog.getByText(basename(disk)).first().waitFor()
    await dialog.getByRole('button', { name: w.uploadStart, exact: true }).click()
    await page.locator('.rk-upload[data-phase="done"]').waitFor()
    await page.getByRole('row', { name: /tiny/ }).getByText(w.ready, { exact: true }).first().waitFor()
  }
})

/** Follows a link of the navigation, and waits until its page is there. */
async function goTo(page: Page, name: string): Promise<void> {
  const link = page
    .getByRole('navigation')
    .first()
    .getByRole('link', { name: new RegExp(`^${name}( \\d+)?$`) })
  await link.click()
  await until(`the page ${name}`, async () => (await link.getAttribute('aria-current')) === 'page', {
    deadlineMs: 60_000,
    everyMs: 50,
  })
  await page.getByRole('heading', { level: 1 }).waitFor()
}

async function openTab(page: Page, name: string): Promise<void> {
  await page
    .locator('[data-tabs]')
    .getByRole('link', { name: new RegExp(`^${name}\\s*\\d*$`) })
    .click()
}

async function act(page: Page, more: string, action: RegExp): Promise<void> {
  await page.getByRole('button', { name: more }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

const enabled = (button: Locator) =>
  until('the button to be enabled', async () => (await button.getAttribute('aria-disabled')) !== 'true', {
    deadlineMs: 60_000,
    everyMs: 100,
  })

/** The screen shows a picture, and a key changes it. */
async function vncDrawsAndTakesKeys(page: Page): Promise<void> {
  const canvas = page.getByRole('application')
  const picture = () => canvas.evaluate(pictureOf)
  await canvas.waitFor()
  await until('the picture to be drawn', async () => (await picture()).colours > 1, {
    deadlineMs: 120_000,
    everyMs: 200,
  })
  await canvas.click()
  await until(
    'a key to change the picture',
    async () => {
      const before = (await picture()).sum
      await page.keyboard.type('a')
      await page.waitForTimeout(300) // the time that the picture has to answer; asked again until it does
      return before !== (await picture()).sum
    },
    { deadlineMs: 60_000, everyMs: 100 },
  )
  await page.keyboard.press('Control+Alt')
}

/** The serial line says what is typed into its shell. */
async function serialDrawsAndTakesKeys({ page, language }: Seat, mark: string): Promise<void> {
  const w = words[language]
  await page.getByRole('button', { name: new RegExp(`^${w.serial}`) }).click()
  const terminal = page.locator('.xterm')
  await terminal.waitFor()
  await terminal.click()
  await until(
    'the shell of the guest to answer',
    async () => {
      await page.keyboard.type(`echo seen-${mark}\n`)
      await page.waitForTimeout(500)
      const text =
        (await page
          .locator('.xterm-rows')
          .innerText()
          .catch(() => '')) || ''
      // Once as it was typed, once as it was answered.
      return text.split(`seen-${mark}`).length > 2
    },
    { deadlineMs: 120_000, everyMs: 200 },
  )
  await page.keyboard.press('Control+Alt')
}

/** The sentence that a chart has for those who do not see it changes by itself. */
async function chartsMove(page: Page): Promise<void> {
  const chart = page.locator('section.rk-chart').first().getByRole('img')
  await chart.waitFor()
  const sentence = () => chart.getAttribute('aria-label')
  const first = await sentence()
  await until('the chart to move', async () => (await sentence()) !== first, { deadlineMs: 90_000, everyMs: 500 })
}

/** Nothing is on its way any more: no skeleton, and a tab that was opened has come. Runs in the page. */
const settled = `document.querySelector('.pf-v6-c-skeleton, [aria-busy=true]') === null &&
  (document.querySelector('[data-tabs]') === null ||
    (document.querySelector('[data-tabs]').nextElementSibling?.getBoundingClientRect().height ?? 0) > 30)`

/** Looks at a page as axe does, and takes its picture when a tour is asked for. */
async function look(seat: Seat, what: string): Promise<void> {
  // Asked by the debugger: waiting inside the page would need what its content security policy forbids.
  await until(`${what} to be there`, async () => (await seat.page.evaluate(settled)) === true, {
    deadlineMs: 60_000,
    everyMs: 100,
  })
  await noViolations(seat, what)
  if (tour === undefined) return
  await mkdir(tour, { recursive: true })
  await seat.page.screenshot({ path: join(tour, `${what}-${seat.language}.png`) })
}
