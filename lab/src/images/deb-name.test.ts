import assert from 'node:assert/strict'
import { test } from 'node:test'
import { debFile, parseDebFile, parseKernelDependency, parsePolicy } from './deb-name.ts'

test('a package file name survives both ways, epoch included', () => {
  const name = { package: 'busybox-static', version: '1:1.35.0-4+deb12u1+b1', architecture: 'amd64' }
  assert.equal(debFile(name), 'busybox-static_1%3a1.35.0-4+deb12u1+b1_amd64.deb')
  assert.deepEqual(parseDebFile(debFile(name)), name)
  assert.equal(parseDebFile('partial'), undefined)
})

test('candidates are read for the packages that apt knows', () => {
  const text = [
    'isolinux:',
    '  Installed: 3:6.04-3',
    '  Candidate: 3:6.04-4',
    '  Version table:',
    '     3:6.04-4 500',
    'nothing-here:',
    '  Installed: (none)',
    '  Candidate: (none)',
    '',
  ].join('\n')
  assert.deepEqual([...parsePolicy(text)], [['isolinux', '3:6.04-4']])
})

test('the kernel behind the meta package is found', () => {
  assert.equal(
    parseKernelDependency('linux-image-cloud-amd64\n  Depends: linux-image-6.1.0-56-cloud-amd64\n'),
    'linux-image-6.1.0-56-cloud-amd64',
  )
  assert.equal(parseKernelDependency('linux-image-cloud-amd64\n'), undefined)
})
