/**
 * A life of the storage module that waits to be killed: `node testing-crash.ts FOLDER`. It uploads a MiB of sevens to a qcow2
 * volume through its qemu-nbd, flushes, and prints what it made as one line of JSON.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { storageBench, testDomain, testTicket, testVolume } from './testing.ts'

const dir = process.argv[2] ?? ''
const bench = await storageBench({}, dir)
const domain = await testDomain(bench)
const volume = await testVolume(bench, domain, { format: 'qcow2' })
const { url, ticket } = await testTicket(bench, domain, volume, { format: 'qcow2', serve: 'raw' })
await fetch(url, { method: 'PUT', body: Buffer.alloc(1024 * 1024, 7) })
const folder = `${dir}/data/storage/tickets`
const record = JSON.parse(readFileSync(`${folder}/${readdirSync(folder)[0]}`, 'utf8')) as { server: { pid: number } }
process.stdout.write(`${JSON.stringify({ domain, volume, ticket, server: record.server.pid })}\n`)
