import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { adminPassword } from '../engine/test/engine.ts'
import { startWorld, type World } from '../engine/test/small-world.ts'
import { ended, until } from '../engine/test/until.ts'
import { noViolations } from './axe.ts'
import { launch, noBrowser, sit } from './browser.ts'
import { enter, open, signIn, words } from './people.ts'

describe('signing in and out in a browser, against simulated hosts', { skip: noBrowser }, () => {
  let world: World
  let browser: Browser
  before(async () => {
    ;[world, browser] = await Promise.all([startWorld(), launch()])
  })
  after(async () => {
    await ended('the browser', browser.close())
    await world.stop()
  })

  for (const language of ['en', 'ko'] as const)
    test(`${language}: a wrong password is told, the right one leads to the page that was asked for`, async () => {
      const seat = await sit(browser, { origin: world.one.url, language })
      const { page } = seat
      const w = words[language]
      seat.expect(/401/)
      await seat.during(async () => {
        await open(page, '/admin/hosts')
        await page.getByRole('button', { name: w.signIn, exact: true }).waitFor()
        await noViolations(seat, 'sign-in')
        await signIn(seat, 'wrong')
        await page.getByText(w.wrong).waitFor()
        assert.match(page.url(), /\/sign-in/)
        await signIn(seat, adminPassword)
        await page.waitForURL('**/admin/hosts')
        await page.getByRole('heading', { level: 1 }).waitFor()
        await page.getByRole('button', { name: w.menu }).click()
        await page.getByRole('menuitem', { name: w.signOut }).click()
        await page.getByRole('button', { name: w.signIn, exact: true }).waitFor()
      })
      await seat.leave()
    })

  test('a page that finds no engine at first says so, and leads on to what was asked for once there is one', async () => {
    const seat = await sit(browser, { origin: world.one.url })
    const { page } = seat
    seat.expect(/401|Failed to load resource/)
    let away = true
    await page.route('**/api/session', route => (away ? route.abort() : route.continue()))
    await page.goto('/admin/hosts')
    await page.getByRole('heading', { level: 1, name: 'The engine does not answer' }).waitFor()
    away = false
    await signIn(seat, adminPassword)
    await page.waitForURL('**/admin/hosts')
    await seat.leave()
  })

  test('a page whose scripts did not come is loaded again, and not for ever', async () => {
    const seat = await sit(browser, { origin: world.one.url })
    const { page } = seat
    seat.expect(/401|Failed to load resource/)
    let left = 1
    await page.route(/\/assets\/index-.*\.js/, route => (left-- > 0 ? route.abort() : route.continue()))
    await page.goto('/sign-in')
    await page.getByRole('button', { name: words.en.signIn, exact: true }).waitFor()
    assert.equal(seat.loads(), 2)
    left = Number.POSITIVE_INFINITY
    const quiet = seat.interruptions()
    let known = quiet
    await page.reload()
    const tries = () => page.evaluate(() => sessionStorage.getItem('rookery.loads')).catch(() => null) // between two loads
    const gaveUp = async () => {
      if ((await tries()) === '3') return true
      // Even the script that counts may have been dropped; a person would load the page again.
      if (seat.interruptions() > known) await page.reload().catch(() => undefined) // or it does so itself in this instant
      known = seat.interruptions()
      return false
    }
    await until(gaveUp, { what: 'the page gives up' })
    if (seat.interruptions() === quiet) assert.equal(seat.loads(), 5)
    await seat.leave()
  })

  test('an address of another site after sign-in is not followed (W22)', async () => {
    for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example', 'javascript:alert(1)']) {
      const seat = await sit(browser, { origin: world.one.url })
      seat.expect(/401/)
      await open(seat.page, `/sign-in?next=${encodeURIComponent(next)}`)
      await signIn(seat, adminPassword)
      await seat.page.getByRole('button', { name: words.en.menu }).waitFor()
      assert.equal(new URL(seat.page.url()).origin, world.one.url, next)
      await seat.leave()
    }
  })

  test('a session that is ended elsewhere shows the sign-in over the page, and goes on where it was', async () => {
    const seat = await sit(browser, { origin: world.one.url })
    const { page } = seat
    await enter(seat, '/admin/vms', adminPassword)
    await page.waitForURL('**/admin/vms')
    const loads = seat.loads()
    const token = await world.one.login()
    const sessions = (await world.one.http('POST', '/api/query/session.list', { token, body: {} })).json.result as {
      id: string
      kind: string
    }[]
    for (const each of sessions.filter(s => s.kind === 'web'))
      await world.one.http('POST', '/api/op/session.end', { token, body: { id: each.id } })
    const dialog = page.getByRole('dialog')
    await dialog.waitFor({ timeout: 5000 })
    assert.match(page.url(), /\/admin\/vms/)
    await dialog.getByRole('textbox', { name: words.en.password }).fill(adminPassword)
    await dialog.getByRole('button', { name: words.en.signIn, exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    assert.equal(seat.loads(), loads, 'nothing was loaded again')
    await seat.leave()
  })
})
