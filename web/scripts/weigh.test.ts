import assert from 'node:assert/strict'
import { test } from 'node:test'
import { weigh } from './weigh.ts'

test('the entry counts what it imports at once, a lazy part only what it brings beside it', () => {
  const parts = weigh(
    {
      'index.html': { file: 'a.js', isEntry: true, imports: ['_shared.js'], css: ['a.css'] },
      '_shared.js': { file: 'shared.js' },
      'src/vms/list.tsx': { file: 'list.js', src: 'src/vms/list.tsx', imports: ['_shared.js', '_table.js'] },
      '_table.js': { file: 'table.js' },
    },
    file => ({ 'a.js': 100, 'shared.js': 20, 'list.js': 3, 'table.js': 4, 'a.css': 50 })[file] ?? 0,
  )
  assert.deepEqual(
    parts.map(({ name, bytes }) => [name, bytes]),
    [
      ['entry', 120],
      ['styles', 50],
      ['vms/list.tsx', 7],
    ],
  )
})
