import assert from 'node:assert/strict'
import type { Report } from '../harness/report.ts'
import { exchange } from '../net/raw-tls.ts'
import { type Api, askToken, base, expect, expectFault, json, textOf } from './api.ts'

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const cookieOf = (headers: { 'set-cookie'?: string[] }) =>
  (headers['set-cookie'] ?? []).find(each => each.startsWith('JSESSIONID='))

/** Tokens, Basic, cookies (fact sheet 1.2 and 1.3). */
export async function signInChecks(report: Report, api: Api): Promise<void> {
  const { http } = api
  const grant = { grant_type: 'password', username: api.user, password: api.password }

  await report.check('a token has the four members that clients know', async () => {
    const answer = await askToken(http, { ...grant, scope: 'ovirt-app-api' })
    expect(answer, 200, 'json')
    const token = json(answer)
    assert.match(textOf(token, 'access_token'), /^[\w-]{86}$/)
    assert.match(textOf(token, 'exp'), /^\d{13,19}$/)
    assert.equal(token['token_type'], 'bearer')
    assert.equal(token['scope'], 'ovirt-app-api')
  })
  await report.check('a token with the parameters in the query string', async () => {
    const query = new URLSearchParams({ ...grant, scope: 'ovirt-app-api' })
    for (const method of ['POST', 'GET']) {
      const answer = await http.call(`/ovirt-engine/sso/oauth/token?${query}`, {
        method,
        headers: { accept: 'application/json' },
      })
      expect(answer, 200, 'json')
      textOf(json(answer), 'access_token')
    }
  })
  await report.check('a refusal for an API scope has error_code and error', async () => {
    const answer = await askToken(http, { ...grant, password: 'wrong', scope: 'ovirt-app-api' })
    expect(answer, 400, 'json')
    const said = json(answer)
    assert.equal(said['error_code'], 'access_denied')
    assert.match(textOf(said, 'error'), /admin@internal/)
    assert.ok(!('error_description' in said))
  })
  await report.check('a refusal for another scope has error and error_description', async () => {
    for (const scope of ['ovirt-app-admin', 'ovirt-app-api ovirt-app-admin', 'ovirt-app-portal']) {
      const answer = await askToken(http, { ...grant, password: 'wrong', scope })
      expect(answer, 400, 'json')
      const said = json(answer)
      assert.equal(said['error'], 'access_denied')
      textOf(said, 'error_description')
    }
  })
  await report.check('an unknown grant, a missing parameter and a missing profile are named', async () => {
    const plain = { scope: 'ovirt-app-api' }
    for (const [parameters, code] of [
      [{ ...plain, grant_type: 'nonsense' }, 'unsupported_grant_type'],
      [{ ...plain, grant_type: 'password', username: 'admin@internal' }, 'invalid_request'],
      [{ ...plain, ...grant, username: 'admin@nowhere' }, 'access_denied'],
    ] as const) {
      const answer = await askToken(http, parameters)
      expect(answer, 400, 'json')
      assert.equal(json(answer)['error_code'], code)
    }
  })
  await report.check('no credentials are answered with a challenge that libgovirt understands', async () => {
    for (const authorization of [undefined, 'Bearer nonsense', 'Basic bm9wZTpub3Bl', 'Negotiate x']) {
      const answer = await http.call(base, { headers: authorization === undefined ? {} : { authorization } })
      expect(answer, 401)
      assert.match(answer.headers['www-authenticate'] ?? '', /^Basic realm="?RESTAPI"?/)
    }
  })
  await report.check('Basic credentials work, and leave no session behind', async () => {
    const answer = await http.call(base, { headers: { authorization: api.basic } })
    expect(answer, 200, 'xml')
    assert.equal(cookieOf(answer.headers), undefined)
  })
  await report.check('Prefer: persistent-auth gives a cookie that is enough afterwards', async () => {
    const prefer = { prefer: 'persistent-auth' }
    const first = await http.call(base, { headers: { ...prefer, authorization: api.basic } })
    expect(first, 200, 'xml')
    const set = cookieOf(first.headers)
    assert.ok(set, 'no JSESSIONID cookie')
    assert.match(set, /;\s*Path=\/ovirt-engine\/api/i)
    assert.match(set, /;\s*HttpOnly/i)
    assert.match(set, /;\s*Secure/i)
    const cookie = set.split(';', 1)[0] ?? ''
    expect(await http.call(`${base}/vms`, { headers: { ...prefer, cookie } }), 200, 'xml')
    // Without the wish it is the last request of that session.
    await http.call(`${base}/vms`, { headers: { cookie } })
    expect(await http.call(`${base}/vms`, { headers: { ...prefer, cookie } }), 401)
  })
  await report.check('Prefer: csrf-protection asks for the cookie in a header too', async () => {
    const first = await http.call(base, {
      headers: { prefer: 'persistent-auth, csrf-protection', authorization: api.basic },
    })
    const cookie = cookieOf(first.headers)?.split(';', 1)[0] ?? ''
    const headers = { prefer: 'persistent-auth', cookie }
    expect(await http.call(`${base}/vms`, { headers }), 403)
    expect(
      await http.call(`${base}/vms`, { headers: { ...headers, jsessionid: cookie.replace('JSESSIONID=', '') } }),
      200,
    )
  })
  await report.check('signing out: the token is dead, and an unknown one is no error', async () => {
    const token = textOf(json(await askToken(http, { ...grant, scope: 'ovirt-app-api' })), 'access_token')
    const headers = { authorization: `Bearer ${token}` }
    expect(await http.call(base, { headers }), 200)
    for (const each of [token, 'never-seen']) {
      const body = new URLSearchParams({ scope: 'ovirt-app-api', token: each }).toString()
      const answer = await http.call('/ovirt-engine/services/sso-logout', {
        method: 'POST',
        headers: { ...form, accept: 'application/json' },
        body,
      })
      expect(answer, 200, 'json')
      assert.deepEqual(json(answer), {})
    }
    expect(await http.call(base, { headers }), 401)
  })
  await report.check('token-info says whose token it is', async () => {
    const body = new URLSearchParams({ token: api.token, scope: 'ovirt-ext=token-info:validate' }).toString()
    const call = { method: 'POST', headers: { ...form, accept: 'application/json' } }
    const good = await http.call('/ovirt-engine/sso/oauth/token-info', { ...call, body })
    expect(good, 200, 'json')
    assert.deepEqual(json(good), {})
    const bad = await http.call('/ovirt-engine/sso/oauth/token-info', {
      ...call,
      body: body.replace(api.token, 'nonsense'),
    })
    expect(bad, 400, 'json')
  })
  await report.check('a token service that is called wrong still speaks JSON', async () => {
    const answer = await http.call('/ovirt-engine/sso/oauth/token', {
      method: 'POST',
      headers: { ...form, accept: 'application/json' },
      body: '%%%=&&&',
    })
    expect(answer, 400, 'json')
  })
  await report.check('the SSO status page answers without credentials', async () => {
    expect(await http.call('/ovirt-engine/sso/status'), 200)
  })
  await report.check('a password with @ in the user name is split at the last one', async () => {
    const answer = await askToken(http, { ...grant, username: 'someone@example.com@internal', scope: 'ovirt-app-api' })
    expect(answer, 400, 'json')
    assert.equal(json(answer)['error_code'], 'access_denied')
  })
  await report.check('a retry after the challenge may announce a body that never comes', async () => {
    const host = new URL(http.origin).host
    const said = await exchange(
      http.origin,
      http.ca,
      `GET ${base} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${api.basic}\r\nFilter: true\r\nPrefer: persistent-auth\r\n` +
        'Content-Type: application/xml\r\nContent-Length: 17\r\n\r\n',
    )
    assert.match(said, /^HTTP\/1\.1 200 /)
  })
  await report.check('a challenge is not held up by a body that never comes', async () => {
    const host = new URL(http.origin).host
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      const said = await exchange(
        http.origin,
        http.ca,
        `${method} ${base}/vms/x HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 17\r\n\r\n`,
      )
      assert.match(said, /^HTTP\/1\.1 401 /, `${method}: ${said.slice(0, 40)}`)
    }
  })
  await report.check('an unauthenticated fault has a body', async () => {
    const answer = await http.call(`${base}/vms`, { headers: { accept: 'application/xml' } })
    expectFault(answer, 401)
  })
}
