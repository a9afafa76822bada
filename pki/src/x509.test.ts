import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { BadRequest, makeAuthority, makeRequest, namesOf, requestFor, signRequest } from './x509.ts'

const ca = await makeAuthority({ commonName: 'Test CA', organization: 'Example' })
const subject = {
  commonName: 'host 1',
  organization: 'Example',
  purpose: { host: { dns: ['h1'], ip: ['10.1.2.3'] } },
}

test('a request is answered with what the signer decides, whatever it asks for', async () => {
  const { key, request } = await makeRequest('rookery-engine')
  const cert = await signRequest(ca, request, subject)
  const read = new X509Certificate(cert)
  assert.match(read.subject, /CN=host 1/)
  assert.doesNotMatch(read.subject, /rookery-engine/)
  assert.deepEqual(namesOf(cert), { dns: ['h1'], ip: ['10.1.2.3'] })
  assert.ok(read.verify(new X509Certificate(ca.cert).publicKey))
  assert.ok(read.checkPrivateKey(createPrivateKey(key)))
  assert.deepEqual(read.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
})

test('a later request for the same key gets a certificate of that key', async () => {
  const { key } = await makeRequest('x')
  const cert = await signRequest(ca, await requestFor(key, 'x'), subject)
  assert.ok(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
})

test('what is no request, or not of its own key, is not signed', async () => {
  await assert.rejects(signRequest(ca, 'nothing', subject), BadRequest)
  const { request } = await makeRequest('x')
  const bytes = Buffer.from(request.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
  await assert.rejects(signRequest(ca, forged, subject), BadRequest)
})
