import type { Bench, BenchContext, Figure } from '../bench.ts'
import { ratios, summary } from '../measure/stats.ts'
import { inTurns } from '../measure/turns.ts'
import { type RealSite, realSite } from '../site.ts'
import { type Twin, twinOf, virshOf } from '../twin.ts'

/** Milliseconds of the two halves of a life. */
interface Life {
  start: number
  stop: number
}

/**
 * VMs through the API against virsh with the very same domain on the very same libvirtd. Ours is made, gets its card, is started and
 * has started when the API says so; virsh defines and starts. The disk is there before, on both sides.
 */
export const power: Bench = {
  name: 'power',
  title: 'VMs: create and start, stop, and a storm of starts, against virsh',
  real: true,
  async run(ctx) {
    const site = await realSite(ctx)
    return [...(await one(ctx, site)), ...(await storm(ctx, site))]
  },
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

async function one(ctx: BenchContext, site: RealSite): Promise<Figure[]> {
  const disk = await site.makeDisk(1024 ** 2)
  const model = await site.makeVm(disk)
  const [twin] = await twins(ctx, site, [model])
  if (twin === undefined) throw new Error('There is no twin.')
  await site.api.ask('DELETE', `/vms/${model}?detach_only=true`)
  const virsh = virshOf(site.dataDir)
  const step = ctx.progress.step('create, start, stop')
  const found = await inTurns<'ours' | 'virsh', Life>(
    {
      ours: async () => {
        let vm = ''
        const start = await timed(async () => {
          vm = await site.makeVm(disk)
          await site.start(vm)
        })
        const stop = await timed(() => site.stop(vm))
        await site.api.ask('DELETE', `/vms/${vm}?detach_only=true`)
        return { start, stop }
      },
      virsh: async () => {
        const start = await timed(async () => {
          await virsh('define', twin.xmlFile)
          await virsh('start', twin.name)
        })
        const stop = await timed(() => virsh('destroy', twin.name))
        await virsh('undefine', twin.name)
        return { start, stop }
      },
    },
    { warmUp: ctx.size.warmUp, rounds: ctx.size.rounds * 2, tell: text => step.note(text) },
  )
  step.done()
  return [
    ...against('power.start', 'create and start a VM', found, life => life.start, 1.3),
    ...against('power.stop', 'stop a VM', found, life => life.stop),
  ]
}

async function storm(ctx: BenchContext, site: RealSite): Promise<Figure[]> {
  const count = ctx.size.storm
  const vms: string[] = []
  for (let i = 0; i < count; i++) vms.push(await site.makeVm(await site.makeDisk(1024 ** 2)))
  const others = await twins(ctx, site, vms)
  const virsh = virshOf(site.dataDir)
  const all = <T>(items: readonly T[], work: (item: T) => Promise<unknown>) => timed(() => Promise.all(items.map(work)))
  for (const twin of others) await virsh('define', twin.xmlFile)
  const step = ctx.progress.step(`a storm of ${count}`)
  const found = await inTurns<'ours' | 'virsh', Life>(
    {
      ours: async () => ({ start: await all(vms, vm => site.start(vm)), stop: await all(vms, vm => site.stop(vm)) }),
      virsh: async () => ({
        start: await all(others, twin => virsh('start', twin.name)),
        stop: await all(others, twin => virsh('destroy', twin.name)),
      }),
    },
    { warmUp: 0, rounds: Math.ceil(ctx.size.rounds / 2), tell: text => step.note(text) },
  )
  step.done()
  return [
    ...against('power.storm.start', `start ${count} VMs at once`, found, life => life.start),
    ...against('power.storm.stop', `stop ${count} VMs at once`, found, life => life.stop),
  ]
}

/** Starts each VM once to learn how libvirt has it, and makes its twin. They go with the bench, running or not. */
async function twins(ctx: BenchContext, site: RealSite, vms: readonly string[]): Promise<Twin[]> {
  const virsh = virshOf(site.dataDir)
  const found: Twin[] = []
  const step = ctx.progress.step(`the same for virsh`)
  for (const vm of vms) {
    await site.start(vm)
    const twin = await twinOf(site.dataDir, vm, ctx.folder)
    found.push(twin)
    ctx.onEnd(async () => {
      const known = await virsh('list', '--all', '--name')
      if (known.includes(twin.name)) {
        if ((await virsh('domstate', twin.name)).trim() !== 'shut off') await virsh('destroy', twin.name)
        await virsh('undefine', twin.name)
      }
      await twin.remove()
    })
    await site.stop(vm)
    step.note(`${found.length} of ${vms.length}`)
  }
  step.done()
  return found
}

function against(
  key: string,
  title: string,
  found: Record<'ours' | 'virsh', Life[]>,
  part: (life: Life) => number,
  most?: number,
): Figure[] {
  const [ours, theirs] = [found.ours.map(part), found.virsh.map(part)]
  return [
    { key, title, unit: 'ms', ...summary(ours) },
    { key: `${key}.virsh`, title: `${title}, by virsh`, unit: 'ms', ...summary(theirs) },
    {
      key: `${key}.ratio`,
      title: `${title}: ours by virsh's`,
      unit: 'x',
      ...summary(ratios(ours, theirs)),
      ...(most === undefined ? {} : { aim: { most } }),
    },
  ]
}
