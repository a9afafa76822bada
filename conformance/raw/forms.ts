import assert from 'node:assert/strict'
import type { Report } from '../harness/report.ts'
import { type Api, base, element, expect, expectFault, idOf, json } from './api.ts'

/** How requests may look (fact sheet 0, 1.3 to 1.6, 3). */
export async function formChecks(report: Report, api: Api): Promise<void> {
  const clusterId = idOf(await api.xml('/clusters'), 'cluster')

  await report.check('both spellings of the root answer directly, and /v4 is the same', async () => {
    for (const path of [base, `${base}/`, `${base}/v4`, `${base}/v4/`]) {
      const answer = await api.call(path)
      expect(answer, 200, 'xml')
      assert.match(answer.text, /<api\b/)
    }
    assert.match(await api.xml('/v4/vms'), /<vms\b/)
  })
  await report.check('Version: 4 is taken, Version: 3 is refused, and the path wins over the header', async () => {
    expect(await api.call('/vms', { headers: { version: '4' } }), 200, 'xml')
    expectFault(await api.call('/vms', { headers: { version: '3' } }), 400)
    expect(await api.call('/v4/vms', { headers: { version: '3' } }), 200, 'xml')
  })
  await report.check('XML without Accept, with */* and with text/xml first; JSON when asked for', async () => {
    for (const accept of [
      '',
      '*/*',
      'application/xml',
      'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    ]) {
      expect(await api.call('/vms', { headers: accept === '' ? {} : { accept } }), 200, 'xml')
    }
    expect(await api.call('/vms', { headers: { accept: 'application/json' } }), 200, 'json')
    expect(await api.call('/vms', { headers: { accept: 'application/json, */*;q=0.1' } }), 200, 'json')
    expect(await api.call('/vms?accept=json'), 200, 'json')
  })
  await report.check(
    'JSON: the item tag is the key, numbers and booleans are texts, an empty list is an empty object',
    async () => {
      const headers = { accept: 'application/json' }
      const found = await api.call('/clusters', { headers })
      const list = json(found)['cluster']
      assert.ok(Array.isArray(list) && list.length > 0, found.text.slice(0, 200))
      const one = json(await api.call(`/clusters/${clusterId}`, { headers }))
      assert.equal(one['id'], clusterId)
      assert.equal(one['href'], `${base}/clusters/${clusterId}`)
      assert.equal(typeof one['ballooning_enabled'], 'string')
      assert.ok(Array.isArray(one['link']))
      assert.deepEqual(json(await api.call('/vms?search=name%3Dnothing-has-this-name', { headers })), {})
      const fault = await api.call(`/vms/${crypto.randomUUID()}`, { headers })
      expect(fault, 404, 'json')
      assert.equal(typeof json(fault)['reason'], 'string')
    },
  )
  await report.check('an empty list is a document with its wrapper', async () => {
    assert.match(await api.xml('/vms?search=name%3Dnothing-has-this-name'), /<vms\s*\/>|<vms\s*>\s*<\/vms>/)
  })
  await report.check('GET with a body, as libgovirt sends it', async () => {
    expect(await api.call('/vms', { body: '<action></action>' }), 200, 'xml')
  })
  await report.check('HEAD is GET without the body', async () => {
    for (const path of ['', '/vms', `/clusters/${clusterId}`]) {
      const answer = await api.call(path || base, { method: 'HEAD' })
      expect(answer, 200, 'xml')
      assert.equal(answer.body.length, 0)
    }
    expect(await api.call(`/vms/${crypto.randomUUID()}`, { method: 'HEAD' }), 404)
  })
  await report.check('a method that a resource does not have is 405', async () => {
    for (const [method, path] of [
      ['DELETE', '/vms'],
      ['PUT', '/vms'],
      ['POST', `/clusters/${clusterId}`],
      ['PATCH', '/vms'],
      ['DELETE', base],
    ] as const) {
      const answer = await api.call(path, { method, ...(method === 'DELETE' ? {} : { body: '<vm/>' }) })
      assert.equal(answer.status, 405, `${method} ${path}: ${answer.status} ${answer.text.slice(0, 200)}`)
    }
  })
  await report.check('a path that does not exist is a fault, not a page', async () => {
    for (const path of ['/nonsense', '/vms/nonsense/nonsense', `/clusters/${clusterId}/nonsense`]) {
      const answer = await api.call(path)
      assert.ok(answer.status === 404 || answer.status === 400, `${path}: ${answer.status}`)
      assert.match(answer.text, /<fault\b/)
    }
  })
  await report.check('an id that is no UUID is 400 in a path, with the small f', async () => {
    assert.equal(expectFault(await api.call('/vms/not-a-uuid'), 400).reason, 'Operation failed')
  })
  await report.check('the correlation id comes back, cleaned and cut; one is made when none is sent', async () => {
    const echo = async (path: string, headers: Record<string, string>) =>
      String((await api.call(path, { headers })).headers['correlation-id'] ?? '')
    assert.equal(await echo('/vms', { 'correlation-id': 'abc-DEF_1' }), 'abc-DEF_1')
    assert.equal(await echo('/vms?correlation_id=from-the-url', {}), 'from-the-url')
    assert.equal(await echo('/vms', { 'correlation-id': 'a b<c>/d' }), 'abcd')
    assert.equal(await echo('/vms', { 'correlation-id': 'x'.repeat(60) }), 'x'.repeat(36))
    assert.match(await echo('/vms', {}), /^[0-9A-Za-z_-]{1,36}$/)
    assert.equal(
      String(
        (await api.call(`/vms/${crypto.randomUUID()}`, { headers: { 'correlation-id': 'on-a-fault' } })).headers[
          'correlation-id'
        ],
      ),
      'on-a-fault',
    )
  })
  await report.check('matrix parameters of the last segment are parameters', async () => {
    const name = element(await api.xml(`/clusters/${clusterId}`), 'name') ?? ''
    assert.match(await api.xml(`/clusters;max=1;search=name%3D${encodeURIComponent(name)}`), /<cluster\b/)
    assert.doesNotMatch(await api.xml('/clusters;search=name%3Dnothing-has-this-name'), /<cluster\b[^s]/)
    assert.match(await api.xml(`/clusters/${clusterId};follow=networks`), /<networks>|<networks\s[^>]*>/)
  })
  await report.check('max cuts a list; nonsense in numbers and booleans is ignored', async () => {
    const count = (xml: string) => xml.match(/<operating_system\b/g)?.length ?? 0
    assert.ok(count(await api.xml('/operatingsystems')) > 2)
    assert.equal(count(await api.xml('/operatingsystems?max=2')), 2)
    assert.ok(count(await api.xml('/operatingsystems?max=nonsense')) > 2)
    expect(await api.call('/vms?case_sensitive=nonsense&filter=maybe'), 200)
  })
  await report.check('Filter: true as header and as parameter', async () => {
    expect(await api.call('/vms', { headers: { filter: 'true' } }), 200, 'xml')
    expect(await api.call('/vms?filter=true'), 200, 'xml')
    expect(await api.call('/vms;filter'), 200, 'xml')
  })
  await report.check('All-Content as header and as parameter', async () => {
    expect(await api.call('/vms', { headers: { 'all-content': 'true' } }), 200, 'xml')
    expect(await api.call('/vms?all_content=true'), 200, 'xml')
    expect(await api.call('/hosts?all_content=true'), 200, 'xml')
  })
  await report.check('an encoded space is + or %20 in a search', async () => {
    for (const search of [
      'name=a+and+cluster=b',
      'name=a%20and%20cluster=b',
      'name%3Da+cluster%3Db',
      'name%3D%22a+b%22',
    ])
      expect(await api.call(`/vms?search=${search}`), 200, 'xml')
  })
  await report.check('a body that is broken, no object, or of another kind is 400', async () => {
    for (const body of [
      '<vm>',
      '<vm><name>x</vm>',
      '',
      'nonsense',
      '<!DOCTYPE vm [<!ENTITY a "b">]><vm><name>&a;</name></vm>',
      '<a/>'.repeat(2),
    ])
      expectFault(await api.call('/vms', { method: 'POST', body }), 400)
    const broken = await api.call('/vms', {
      method: 'POST',
      body: '{"name":',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
    })
    expect(broken, 400, 'json')
  })
  await report.check('unknown elements are ignored, and entities of XML are read', async () => {
    const tag = `raw-${crypto.randomUUID().slice(0, 8)}`
    const made = await api.post(
      '/tags',
      `<tag><unknown><deep>1</deep></unknown><name>${tag}</name><description>a &lt;&amp;&#233;</description></tag>`,
    )
    assert.equal(element(made, 'description'), 'a &lt;&amp;é')
    const removed = await api.call(`/tags/${idOf(made, 'tag')}`, { method: 'DELETE' })
    expect(removed, 200)
    expectFault(await api.call(`/tags/${idOf(made, 'tag')}`), 404)
  })
  await report.check('an object may be made with JSON and referred to by attribute, element and name', async () => {
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    const name = `raw-${crypto.randomUUID().slice(0, 8)}`
    const made = await api.call('/vms', {
      method: 'POST',
      headers,
      body: JSON.stringify({
        name,
        cluster: { id: clusterId },
        template: { name: 'Blank' },
        memory: '268435456',
        delete_protected: 'false',
        high_availability: { enabled: false },
      }),
    })
    assert.ok([201, 202].includes(made.status), `${made.status} ${made.text.slice(0, 300)}`)
    const again = await api.call('/vms', {
      method: 'POST',
      body: `<vm><name>${name}</name><cluster><id>${clusterId}</id></cluster><template><name>Blank</name></template></vm>`,
    })
    expectFault(again, 409)
    const removed = await api.call(`/vms/${String(json(made)['id'])}`, { method: 'DELETE' })
    expect(removed, 200)
  })
}
