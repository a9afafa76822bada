import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseDrivers, parseModulesDep } from './modules.ts'

const dep = parseModulesDep(
  [
    'kernel/drivers/block/virtio_blk.ko: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko',
    'kernel/drivers/virtio/virtio.ko:',
    'kernel/drivers/virtio/virtio_ring.ko: kernel/drivers/virtio/virtio.ko',
    'kernel/drivers/char/hw_random/virtio-rng.ko.xz:',
    '',
  ].join('\n'),
)

test('a driver brings the modules it needs, each once', () => {
  const choice = chooseDrivers(dep, new Set(['ext4']), ['virtio_blk', 'ext4'], ['virtio_rng', 'ahci'])
  assert.deepEqual(choice.files, [
    'kernel/drivers/block/virtio_blk.ko',
    'kernel/drivers/char/hw_random/virtio-rng.ko.xz',
    'kernel/drivers/virtio/virtio.ko',
    'kernel/drivers/virtio/virtio_ring.ko',
  ])
  assert.deepEqual(
    choice.drivers,
    ['virtio_blk', 'ext4', 'virtio_rng'],
    'what is built in counts, what is absent does not',
  )
})

test('a kernel without a required driver is refused by name', () => {
  assert.throws(() => chooseDrivers(dep, new Set(), ['virtio_net'], []), /no driver virtio_net/)
})
