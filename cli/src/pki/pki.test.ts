import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { serverNames } from '@rookery/pki/names'
import { authority, filesOf, fingerprint, identity, stillGood } from './store.ts'
import { namesOf } from '@rookery/pki/x509'

const folder = await mkdtemp(join(tmpdir(), 'cli-pki.'))
after(() => rm(folder, { recursive: true, force: true }))
const ca = await authority(join(folder, 'pki'), { organization: 'Example, Ltd.', instance: 'abc123' })
const names = serverNames({ fqdn: 'Host.Example.com', hostname: 'host', listen: '127.0.0.1', addresses: [] })

test('a server is valid for its names, its own addresses and loopback; a wildcard stands for all addresses', () => {
  assert.deepEqual(names, { dns: ['host', 'host.example.com', 'localhost'], ip: ['127.0.0.1', '::1'] })
  const all = serverNames({
    fqdn: '10.0.0.5',
    hostname: 'bad name',
    listen: '0.0.0.0',
    addresses: ['10.0.0.5', 'fe80::1%eth0'],
  })
  assert.deepEqual(all, { dns: ['localhost'], ip: ['10.0.0.5', '127.0.0.1', '::1', 'fe80::1'] })
})

test('the authority names organization and instance, lives ten years and keeps its key to itself (R88)', async () => {
  const c = new X509Certificate(ca.cert)
  assert.match(c.subject, /CN=Example\\, Ltd\. Rookery CA abc123/)
  assert.match(c.subject, /O=Example\\, Ltd\./)
  assert.ok(c.ca)
  assert.ok(c.validToDate.getTime() - Date.now() > 3_600 * 86_400_000)
  assert.equal((await stat(join(folder, 'pki/ca.key'))).mode & 0o777, 0o600)
  assert.match(ca.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
  const again = await authority(join(folder, 'pki'), { organization: 'other', instance: 'other' })
  assert.deepEqual([again.made, again.fingerprint], [false, ca.fingerprint])
})

test('a certificate is kept while it is good and signed anew when its names change or two thirds of its life are over', async () => {
  const place = { folder: join(folder, 'renew'), name: 'server' }
  const o = { commonName: 'host', purpose: { server: names } }
  assert.equal((await identity(ca, place, o)).renewed, true)
  assert.equal((await identity(ca, place, o)).renewed, false)
  assert.equal(
    (await identity(ca, place, { ...o, purpose: { server: { ...names, ip: ['127.0.0.1', '10.0.0.9', '::1'] } } }))
      .renewed,
    true,
  )
  assert.equal((await identity(ca, place, { ...o, commonName: 'other' })).renewed, true)
  const cert = await readFile(filesOf(place).cert, 'utf8')
  const day = (n: number) => new Date(Date.now() + n * 86_400_000)
  assert.ok(stillGood(cert, ca.cert, 'other', names, day(260)))
  assert.ok(!stillGood(cert, ca.cert, 'other', names, day(270)))
  const stranger = await authority(join(folder, 'pki2'), { organization: 'Example, Ltd.', instance: 'abc123' })
  assert.ok(!stillGood(cert, stranger.cert, 'other', names, new Date()))
  assert.notEqual(fingerprint(stranger.cert), ca.fingerprint)
})

test('server and client certificates of one authority trust each other over TLS, and a client certificate cannot serve', async t => {
  const server = { folder: join(folder, 'tls'), name: 'server' }
  const client = { folder: join(folder, 'tls'), name: 'client' }
  await identity(ca, server, { commonName: 'host', purpose: { server: names } })
  await identity(ca, client, { commonName: 'rookery-engine', purpose: { client: true } })
  const pem = async (p: typeof server) => ({
    cert: await readFile(filesOf(p).cert, 'utf8'),
    key: await readFile(filesOf(p).key, 'utf8'),
    ca: ca.cert,
  })
  assert.deepEqual(namesOf((await pem(server)).cert), names)
  const talk = async (as: typeof server, host: string) => {
    const listener = createServer({ ...(await pem(as)), requestCert: true, rejectUnauthorized: true })
    t.after(() => listener.close())
    await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
    const met = once(listener, 'secureConnection') as Promise<[TLSSocket]>
    met.catch(() => undefined)
    const socket = connect({
      ...(await pem(client)),
      host: '127.0.0.1',
      port: (listener.address() as AddressInfo).port,
      ...(host === '127.0.0.1' ? {} : { servername: host }),
    })
    t.after(() => socket.destroy())
    await once(socket, 'secureConnect')
    return (await met)[0].getPeerCertificate().subject.CN
  }
  assert.equal(await talk(server, 'host.example.com'), 'rookery-engine')
  assert.equal(await talk(server, '127.0.0.1'), 'rookery-engine')
  await assert.rejects(talk(server, 'elsewhere.example.com'), /altnames/)
  await assert.rejects(talk(client, '127.0.0.1'))
})
