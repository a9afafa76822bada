import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grubConfig, kernelCommandLine, syslinuxConfig } from './boot-config.ts'

test('both loaders start the kernel with the same command line, which names the medium', () => {
  assert.match(kernelCommandLine('iso'), / rookery\.media=iso$/)
  assert.ok(syslinuxConfig('disk').includes(`APPEND ${kernelCommandLine('disk')}\n`))
  assert.ok(grubConfig('disk').includes(`linux /vmlinuz ${kernelCommandLine('disk')}\n`))
})

test('the serial port is the last console, so that it is /dev/console', () => {
  const consoles = kernelCommandLine('disk')
    .split(' ')
    .filter(word => word.startsWith('console='))
  assert.deepEqual(consoles, ['console=tty0', 'console=ttyS0,115200'])
})
