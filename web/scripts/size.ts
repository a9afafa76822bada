/**
 * The size budget of the console: prints what each part weighs gzipped, and fails when one is over. Run after each build.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Manifest, weigh } from './weigh.ts'

const dist = join(import.meta.dirname, '..', 'dist')
const manifest = JSON.parse(readFileSync(join(dist, '.vite', 'manifest.json'), 'utf8')) as Manifest
const parts = weigh(manifest, file => gzipSync(readFileSync(join(dist, file)), { level: 9 }).byteLength)

const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
for (const { name, bytes, budget } of parts)
  console.log(`${bytes > budget ? '✗' : '✓'} ${name.padEnd(34)} ${kB(bytes).padStart(9)} of ${kB(budget)}`)
const over = parts.filter(part => part.bytes > part.budget)
if (over.length > 0) {
  console.log(
    `${over.map(part => part.name).join(', ')}: over budget. See what came in, or load it later with import().`,
  )
  process.exitCode = 1
}
