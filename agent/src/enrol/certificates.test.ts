import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { makeAuthority, makeRequest, signRequest } from '@rookery/pki/x509'
import { finishCertificate, newKeyFile, put, putCertificate } from './certificates.ts'

let folder = ''
before(async () => void (folder = await mkdtemp(join(tmpdir(), 'rookery-certificates-'))))
after(() => rm(folder, { recursive: true }))

test('whoever dies while a certificate is renewed starts with the old or the new one, whole (R75)', async () => {
  const files = { cert: join(folder, 'server.crt'), key: join(folder, 'server.key'), ca: join(folder, 'ca.crt') }
  const authority = await makeAuthority({ commonName: 'CA', organization: 'Test' })
  const subject = { commonName: 'host', organization: 'Test', purpose: { host: { dns: ['h'], ip: [] } } }
  const sign = async (request: string) => ({
    certificate: await signRequest(authority, request, subject),
    ca: authority.cert,
  })
  const renew = async () => {
    const { key, request } = await makeRequest('h')
    await put(newKeyFile(files), key, 0o600)
    return { key, signed: await sign(request) }
  }
  const fit = async () => {
    await finishCertificate(files)
    const [cert, key] = [await readFile(files.cert, 'utf8'), await readFile(files.key, 'utf8')]
    assert.ok(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)), 'certificate and key belong together')
    return cert
  }
  await putCertificate(files, (await renew()).signed)
  const first = await fit()

  // Dies before the certificate has come: the old one stays, and the key waits.
  const second = await renew()
  assert.equal(await fit(), first)
  // Dies after it was written beside the old one, then between the two renames.
  await writeFile(`${files.cert}.new`, second.signed.certificate)
  await rename(newKeyFile(files), files.key)
  assert.equal(await fit(), second.signed.certificate)
  const third = await renew()
  await writeFile(`${files.cert}.new`, third.signed.certificate)
  assert.equal(await fit(), third.signed.certificate)
  await putCertificate(files, third.signed) // asked for again, in use already
  assert.equal(await fit(), third.signed.certificate)
  await assert.rejects(putCertificate(files, await sign((await makeRequest('x')).request)), {
    code: 'certificate.other_key',
  })
})
