import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { BenchContext } from './bench.ts'
import { type Target, until } from './target.ts'

const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The console asks the same thing again at most every 400 ms; an event after this long meets it at rest. */
const restMs = 500

/** The console's list of VMs in a real browser, and when a row of it came to look otherwise. */
export interface ListPage {
  /** Resolves when the page has asked for nothing for so long that it will ask at once when it hears of something. */
  atRest(): Promise<unknown>
  /** Milliseconds of the wall clock at which the row was first painted with (or without) this word after `since`. */
  paintedAt(o: { word: string; there: boolean; since: number }): Promise<number>
}

/**
 * Runs in the page: notes each text of the row once the frame that shows it has been made (a message is delivered after the frame that
 * the callback before it belongs to).
 */
const noteRow = (name: string) => `(() => {
  const seen = (window.rookerySeen = [])
  let last = ''
  const look = () => {
    const rows = [...document.querySelectorAll('tr, [role=row]')]
    const text = rows.find(row => row.textContent.includes(${JSON.stringify(name)}))?.textContent ?? ''
    if (text === last) return
    last = text
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => seen.push({ text, at: performance.timeOrigin + performance.now() })
      port2.postMessage(0)
    })
  }
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
  look()
})()`

/** Opens the list, signed in; undefined where there is no browser. It closes with the bench. */
export async function openList(ctx: BenchContext, target: Target, name: string): Promise<ListPage | undefined> {
  const executablePath = browsers.find(file => existsSync(file))
  if (executablePath === undefined) return undefined
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  })
  ctx.onEnd(() => browser.close())
  // The engine's own CA: trusting it would change how the browser starts, not how fast it draws.
  const page = await browser.newPage({ baseURL: target.origin, ignoreHTTPSErrors: true, locale: 'en-GB' })
  page.setDefaultTimeout(120_000)
  await page.goto('/admin/vms')
  await page.getByRole('textbox', { name: 'User name' }).fill(target.user)
  await page.getByRole('textbox', { name: 'Password' }).fill(target.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText(name).first().waitFor()
  await page.evaluate(noteRow(name))
  let lastAsked = performance.now()
  page.on('request', () => {
    lastAsked = performance.now()
  })
  return {
    atRest: () => until('a page at rest', async () => performance.now() - lastAsked > restMs, { everyMs: 25 }),
    async paintedAt(wanted) {
      // A function, not a text: the console's content security policy stops texts that would be run again and again.
      const found = await page.waitForFunction(
        ({ word, there, since }) => {
          const { rookerySeen } = globalThis as unknown as { rookerySeen: { text: string; at: number }[] }
          return rookerySeen.find(each => each.at >= since && each.text.includes(word) === there)?.at
        },
        wanted,
        { polling: 50 },
      )
      return (await found.jsonValue()) as number
    },
  }
}
