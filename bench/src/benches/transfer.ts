import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { randomFillSync } from 'node:crypto'
import type { Bench, Figure } from '../bench.ts'
import { bareServer } from '../measure/bare-server.ts'
import { ratios, summary } from '../measure/stats.ts'
import { inTurns } from '../measure/turns.ts'
import { type RealSite, realSite } from '../site.ts'
import { until } from '../target.ts'

const run = promisify(execFile)
const MiB = 1024 ** 2

/**
 * An image by `curl -T` into a new raw disk and back, straight to the host as clients of oVirt do it; the same by curl against a bare
 * Node HTTPS server that writes and fsyncs. `cp` and `qemu-img convert` with a sync after each show what the disk gives.
 */
export const transfer: Bench = {
  name: 'transfer',
  title: 'Images: upload and download against a bare HTTPS server',
  real: true,
  async run(ctx) {
    const site = await realSite(ctx)
    const bytes = ctx.size.imageBytes
    const image = join(ctx.folder, 'image.raw')
    await makeImage(image, bytes)
    const stored = join(ctx.folder, 'stored.raw')
    const bare = await bareServer(ctx, 0, stored)
    const copy = join(ctx.folder, 'copy.raw')
    const rate = async (work: () => Promise<number>) => bytes / MiB / (await work())
    const step = ctx.progress.step(`${bytes / MiB} MiB`)
    const found = await inTurns(
      {
        upload: () => rate(() => upload(site, image, bytes)),
        'upload.bare': () => rate(() => curl(bare.caFile, ['--upload-file', image, `${bare.origin}/file`])),
        download: () => rate(() => download(site, image, bytes)),
        'download.bare': () => rate(() => curl(bare.caFile, ['--output', '/dev/null', `${bare.origin}/file`])),
        cp: () => rate(() => timed(copy, ['cp', '--reflink=never', image, copy])),
        'qemu-img': () => rate(() => timed(copy, ['qemu-img', 'convert', '-f', 'raw', '-O', 'raw', image, copy])),
      },
      // The first round fills the cache with the image and the bare server's file; more of them would only wear the disk.
      { warmUp: 1, rounds: Math.ceil(ctx.size.rounds / 2), tell: text => step.note(text) },
    )
    step.done()
    const figure = (name: keyof typeof found, title: string): Figure => ({
      key: `transfer.${name}`,
      title,
      unit: 'MiB/s',
      ...summary(found[name]),
    })
    return [
      figure('upload', 'upload with curl -T'),
      figure('upload.bare', 'upload with curl -T to a bare Node HTTPS server that writes and fsyncs'),
      {
        key: 'transfer.upload.ratio',
        title: "upload: ours by the bare server's",
        unit: 'x',
        ...summary(ratios(found.upload, found['upload.bare'])),
        aim: { least: 0.8 },
      },
      figure('download', 'download with curl'),
      figure('download.bare', 'download with curl from a bare Node HTTPS server'),
      {
        key: 'transfer.download.ratio',
        title: "download: ours by the bare server's",
        unit: 'x',
        ...summary(ratios(found.download, found['download.bare'])),
      },
      figure('cp', 'cp and sync'),
      figure('qemu-img', 'qemu-img convert and sync'),
    ]
  },
}

/** A file of noise: nothing on the way can make it smaller, and no block of it is zero. */
async function makeImage(file: string, bytes: number): Promise<void> {
  const noise = function* () {
    for (let done = 0; done < bytes; done += 8 * MiB)
      yield randomFillSync(Buffer.allocUnsafe(Math.min(8 * MiB, bytes - done)))
  }
  await pipeline(Readable.from(noise()), createWriteStream(file))
}

/** Seconds that curl took from the first byte of its connection to the last of the answer. */
async function curl(caFile: string, words: string[]): Promise<number> {
  const common = [
    '--silent',
    '--show-error',
    '--fail',
    '--max-time',
    '600',
    '--cacert',
    caFile,
    '--write-out',
    '%{stderr}%{time_total}',
  ]
  const { stderr } = await run('curl', [...common, ...words])
  return Number(stderr)
}

/** Seconds that a program takes until what it wrote is on disk. */
async function timed(file: string, [program = '', ...words]: string[]): Promise<number> {
  const began = performance.now()
  await run(program, words)
  await run('sync', [file])
  const seconds = (performance.now() - began) / 1000
  await rm(file)
  return seconds
}

/** A new disk each time: writing over old blocks is another thing than writing new ones. */
async function upload(site: RealSite, image: string, bytes: number): Promise<number> {
  const disk = await site.makeDisk(bytes)
  const seconds = await withTicket(site, disk, 'upload', url =>
    curl(site.api.target.caFile, ['--upload-file', image, url]),
  )
  await removeDisk(site, disk)
  return seconds
}

let filled: { site: RealSite; disk: string } | undefined

/** From a disk that was filled once. */
async function download(site: RealSite, image: string, bytes: number): Promise<number> {
  if (filled?.site !== site) {
    const disk = await site.makeDisk(bytes)
    await withTicket(site, disk, 'upload', url => curl(site.api.target.caFile, ['--upload-file', image, url]))
    filled = { site, disk }
  }
  const { caFile } = site.api.target
  return withTicket(site, filled.disk, 'download', url => curl(caFile, ['--output', '/dev/null', url]))
}

/** Opens a transfer, waits until the host serves it, and finalizes it when the work is done. */
async function withTicket<T>(
  { api }: RealSite,
  disk: string,
  direction: 'upload' | 'download',
  work: (url: string) => Promise<T>,
): Promise<T> {
  const { id } = await api.ask('POST', '/imagetransfers', { disk: { id: disk }, direction, format: 'raw' })
  const path = `/imagetransfers/${id}`
  const url = await until('a transfer', async () => {
    const now = await api.ask('GET', path)
    return now.phase === 'transferring' ? (now.transfer_url as string) : undefined
  })
  const result = await work(url)
  await api.ask('POST', `${path}/finalize`, {})
  await until('the end of a transfer', async () => (await api.ask('GET', `/disks/${disk}`)).status === 'ok')
  return result
}

async function removeDisk({ api }: RealSite, disk: string): Promise<void> {
  await api.ask('DELETE', `/disks/${disk}`)
  await until('a disk to be gone', async () => (await api.status(`/disks/${disk}`)) === 404)
}
