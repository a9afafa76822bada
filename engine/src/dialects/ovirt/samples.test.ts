import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { apiBase } from './http/address.ts'
import { decode } from './wire/decode.ts'
import { routes } from './routes.ts'

interface Sample {
  method: string
  path: string
  client: string
  status: number
  request: string
  response: string
}

const folder = join(import.meta.dirname, '../../../../conformance/samples')
const samples = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Sample[]

const template = (path: string) => path.replaceAll(/:\w+|\{\w+\}/g, '{id}').replace(/\/$/, '')

test('every route has a golden sample: a request recorded from a real client and our answer to it', () => {
  const recorded = new Set(samples.map(sample => `${sample.method} ${template(sample.path)}`))
  const missing = routes
    .map(route => `${route.method} ${template(apiBase + route.path)}`)
    .filter(key => !recorded.has(key))
  assert.deepEqual(
    missing,
    [],
    `${missing.length} of ${routes.length} routes have no sample; record with conformance/run.ts --record`,
  )
})

test('every recorded request is understood by the route that it is for', () => {
  for (const sample of samples) {
    const route = routes.find(r => r.method === sample.method && template(apiBase + r.path) === template(sample.path))
    if (route?.body === undefined || sample.status >= 400) continue
    const text = readFileSync(join(folder, sample.request), 'utf8')
    const body = text
      .split(/\r?\n\r?\n/)
      .slice(1)
      .join('\n\n')
    if (!body.trimStart().startsWith('<')) continue
    const type = route.body
    assert.doesNotThrow(() => decode(type, 'xml', body), sample.request)
  }
})
