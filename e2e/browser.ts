/**
 * A real Chromium, driven as a person would: by role and visible name. Whatever a page complains about on the way (scripts that
 * fail, requests that the content security policy stops) fails the test that drove it.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

/** Where distributions put it. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The browser, or why there is none: for `skip`. */
export const executable = places.find(place => existsSync(place))
export const noBrowser = executable === undefined ? 'needs the Debian package chromium' : false

/** The languages of the console. */
export type Language = 'en' | 'ko'

/** Starts the browser without anything that talks to the outside. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable ?? assert.fail('there is no browser'),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** Runs in the page, before anything of it. */
const tellViolations = `document.addEventListener('securitypolicyviolation', event =>
  console.error('content security policy: ' + [event.violatedDirective, event.blockedURI, event.sample].join(' ')))`

/** What a person has before him. */
export interface Seat {
  readonly page: Page
  readonly context: BrowserContext
  readonly language: Language
  /** Everything the page complained about so far. */
  readonly complaints: string[]
  /** Something else that is wrong with a page; told at the end, with everything. */
  complain(text: string): void
  /** A complaint that a test provokes on purpose. */
  expect(pattern: RegExp): void
  /** How often the page was loaded from the engine. */
  readonly loads: () => number
  /** How often the browser dropped something because a network of this machine came or went. */
  readonly interruptions: () => number
  /** Does the work of a test; when it fails, a picture of the page is kept where it says. */
  during(work: () => Promise<void>): Promise<void>
  /** Closes it; fails when the page complained. */
  leave(): Promise<void>
}

/** Opens a browser window of its own: no cookies, this language and theme. */
export async function sit(
  browser: Browser,
  o: { origin: string; language?: Language; dark?: boolean; width?: number; height?: number },
): Promise<Seat> {
  const language = o.language ?? 'en'
  const context = await browser.newContext({
    baseURL: o.origin,
    // The engine's own CA; that a browser accepts it once it is trusted is OpenSSL's business, not this test's.
    ignoreHTTPSErrors: true,
    locale: language === 'ko' ? 'ko-KR' : 'en-GB',
    colorScheme: o.dark === true ? 'dark' : 'light',
    viewport: { width: o.width ?? 1360, height: o.height ?? 900 },
    reducedMotion: 'reduce',
    acceptDownloads: true,
  })
  const page = await context.newPage()
  // Waits are for states; on a machine that runs everything else meanwhile they only take longer.
  page.setDefaultTimeout(120_000)
  const complaints: string[] = []
  // Bridges of other tests come and go on this machine, and Chromium then drops what is on its way; the page asks again.
  const expected: RegExp[] = [/ERR_NETWORK_CHANGED/]
  let [loads, interruptions] = [0, 0]
  const complain = (text: string) => {
    if (!expected.some(pattern => pattern.test(text))) complaints.push(text)
  }
  page.on('pageerror', error => complain(`error: ${error.stack ?? error.message}`))
  page.on('console', message => {
    if (message.type() === 'error') complain(`console: ${message.text()}`)
  })
  page.on('request', request => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) loads++
  })
  page.on('requestfailed', request => {
    if (request.failure()?.errorText.includes('ERR_NETWORK_CHANGED') === true) interruptions++
  })
  await page.addInitScript({ content: tellViolations })
  return {
    page,
    context,
    language,
    complaints,
    complain,
    expect: pattern => void expected.push(pattern),
    loads: () => loads,
    interruptions: () => interruptions,
    async during(work) {
      try {
        await work()
      } catch (error) {
        const picture = join(tmpdir(), `rookery-e2e-${process.pid}-${language}.png`)
        await page.screenshot({ path: picture }).catch(() => undefined) // the browser may be gone
        process.stderr.write(`the page at ${page.url()} when it failed: ${picture}\n${complaints.join('\n')}\n`)
        throw error
      }
    },
    async leave() {
      await context.close()
      assert.equal(complaints.length, 0, `the page complained:\n${complaints.join('\n')}`)
    },
  }
}
