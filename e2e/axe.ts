import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Seat } from './browser.ts'

const source = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  id: string
  impact: string | null
  help: string
  nodes: { html: string; failureSummary?: string }[]
}

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Runs in the page. */
const run = `axe.run({ runOnly: { type: 'tag', values: ${JSON.stringify(tags)} } }).then(found => found.violations)`

/** Complains when axe finds anything against WCAG 2.2 A or AA, or its best practices for landmarks and headings, on the page as it is now. */
export async function noViolations({ page, language, complain }: Seat, where: string): Promise<void> {
  // Put in by the debugger, so the page's content security policy stays as it is.
  await page.evaluate(await source)
  const violations = (await page.evaluate(run)) as Violation[]
  const text = violations.map(
    v =>
      `${v.id} (${v.impact}): ${v.help}\n${v.nodes
        .slice(0, 3)
        .map(n => `    ${n.html.slice(0, 200)}\n      ${(n.failureSummary ?? '').replaceAll('\n', ' ')}`)
        .join('\n')}`,
  )
  if (violations.length > 0) complain(`axe on ${where} (${language}):\n${text.join('\n')}`)
}
