import assert from 'node:assert/strict'
import { test } from 'node:test'
import { debFile, kernelOf, parseDebFile, parseStanzas } from './deb-name.ts'

test('a package file name survives both ways, epoch included', () => {
  const name = { package: 'busybox-static', version: '1:1.35.0-4+deb12u1+b1', architecture: 'amd64' }
  assert.equal(debFile(name), 'busybox-static_1%3a1.35.0-4+deb12u1+b1_amd64.deb')
  assert.deepEqual(parseDebFile(debFile(name)), name)
  assert.equal(parseDebFile('partial'), undefined)
})

const shown = `Package: linux-image-cloud-amd64
Source: linux-signed-amd64 (6.1.192+2)
Version: 6.1.192-2
Architecture: amd64
Depends: linux-image-6.1.0-56-cloud-amd64 (= 6.1.192-2)
Description: Linux for x86-64 cloud (meta-package)
 Package: not a field, a line of prose

Package: isolinux
Version: 3:6.04-3
Architecture: all

Package: broken
`

test('packages are read with version and architecture, incomplete ones left out', () => {
  assert.deepEqual(
    parseStanzas(shown).map(stanza => `${stanza.package} ${stanza.version} ${stanza.architecture}`),
    ['linux-image-cloud-amd64 6.1.192-2 amd64', 'isolinux 3:6.04-3 all'],
  )
})

test('the kernel behind the meta package is found with its version', () => {
  const [meta, other] = parseStanzas(shown)
  assert.ok(meta && other)
  assert.deepEqual(kernelOf(meta), {
    package: 'linux-image-6.1.0-56-cloud-amd64',
    version: '6.1.192-2',
    architecture: 'amd64',
  })
  assert.equal(kernelOf(other), undefined)
})
