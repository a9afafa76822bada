import { join } from 'node:path'
import type { Bench, Figure } from '../bench.ts'
import { bringUp, bringUpAgain, rookery, stop, takeDown } from '../instance.ts'
import { summary } from '../measure/stats.ts'

const parts = ['engine', 'database', 'agent', 'libvirtd', 'supervisor', 'simulator'] as const
const MiB = 1024 ** 2

interface Status {
  rss?: number
  [part: string]: unknown
}

/**
 * What it takes to be there: seconds until `up` returns, the first time (certificates, database, site) and later, and the memory of
 * each part right after, idle. Memory that processes share is counted once.
 */
export const footprint: Bench = {
  name: 'footprint',
  title: 'Start-up time and memory',
  real: false,
  async run(ctx) {
    const first: number[] = []
    const later: number[] = []
    const memory: Status[] = []
    const rounds = Math.max(1, Math.ceil(ctx.size.rounds / 2))
    const step = ctx.progress.step('up and down')
    for (let round = 0; round < rounds; round++) {
      const dataDir = join(ctx.folder, `start-${round}`)
      ctx.onEnd(() => takeDown(dataDir))
      step.note(`${round + 1} of ${rounds}`)
      const simulate = process.getuid?.() === 0 ? 0 : 3
      first.push(await seconds(() => bringUp(dataDir, { simulate })))
      await stop(dataDir, { vms: false })
      later.push(await seconds(() => bringUpAgain(dataDir)))
      memory.push((await rookery('status', '--data-dir', dataDir)) as Status)
      await stop(dataDir, { vms: false })
    }
    step.done()
    const sizes = (part: string) =>
      memory.flatMap(status => {
        const found = part === 'all' ? status.rss : (status[part] as { rss?: number } | undefined)?.rss
        return found === undefined ? [] : [found / MiB]
      })
    const figures: Figure[] = [
      {
        key: 'footprint.up.first',
        title: 'up on a new data directory',
        unit: 's',
        ...summary(first),
        aim: { most: 10 },
      },
      { key: 'footprint.up.later', title: 'up again', unit: 's', ...summary(later) },
    ]
    for (const part of [...parts, 'all']) {
      const found = sizes(part)
      if (found.length === 0) continue
      const title = part === 'all' ? 'memory of all parts together, idle' : `memory of ${part}, idle`
      figures.push({
        key: `footprint.rss.${part}`,
        title,
        unit: 'MiB',
        ...summary(found),
        ...(part === 'all' ? { aim: { most: 500 } } : {}),
      })
    }
    return figures
  },
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}
