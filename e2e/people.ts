import type { Page } from 'playwright-core'
import type { Seat } from './browser.ts'

/** What people read where the tests look for it. */
export const words = {
  en: {
    signIn: 'Sign in',
    user: 'User name',
    password: 'Password',
    wrong: /name or the password is wrong/,
    menu: /User menu/,
    signOut: 'Sign out',
  },
  ko: {
    signIn: '로그인',
    user: '사용자 이름',
    password: '비밀번호',
    wrong: /올바르지 않습니다/,
    menu: /사용자 메뉴/,
    signOut: '로그아웃',
  },
} as const

/** Fills in the sign-in form that is on the page, and sends it. */
export async function signIn({ page, language }: Seat, password: string, user = 'admin@internal'): Promise<void> {
  const w = words[language]
  await page.getByRole('textbox', { name: w.user }).fill(user)
  await page.getByRole('textbox', { name: w.password }).fill(password)
  await page.getByRole('button', { name: w.signIn, exact: true }).click()
}

/**
 * Opens an address. On a machine where bridges of other tests come and go Chromium may drop what is on its way; a page that lost a
 * part loads itself again (web/public/assets/theme.js), but not when it lost that very script: then it is opened once more.
 */
export async function open(page: Page, path: string): Promise<void> {
  const pending = new Set<string>()
  page.on('request', request => pending.add(request.url()))
  page.on('requestfinished', request => pending.delete(request.url()))
  page.on('requestfailed', request => pending.delete(request.url()))
  await page.goto(path).catch((error: unknown) => {
    if (!String(error).includes('ERR_NETWORK_CHANGED')) throw error
    return page.goto(path)
  })
  const drawn = page.locator('#root > *').first().waitFor({ state: 'attached', timeout: 30_000 })
  await drawn.catch(async () => {
    process.stderr.write(`${path} stayed empty; it waits for: ${[...pending].join(' ') || 'no request'}\n`)
    await page.goto(path)
  })
}

/** Goes to a page of ours as somebody who is not signed in yet, and signs in on the way. */
export async function enter(seat: Seat, path: string, password: string): Promise<void> {
  // The page asks whether somebody is signed in; that nobody is, is an answer and no fault.
  seat.expect(/status of 401/)
  await open(seat.page, path)
  await signIn(seat, password)
  await seat.page.getByRole('button', { name: words[seat.language].menu }).waitFor()
}
