import type { Bench, BenchContext, Figure } from '../bench.ts'
import { type Asked, load, type LoadResult } from '../measure/load.ts'
import { quantile, ratios, summary } from '../measure/stats.ts'
import { inTurns } from '../measure/turns.ts'
import { bareServer } from '../measure/bare-server.ts'
import { type Api, apiBase, authorized, benchName, connect, each, until } from '../target.ts'

const accept = { xml: 'application/xml', json: 'application/json' } as const

/** The path that is asked, and what of a nested `follow` we take: two levels of two kinds, one query each. */
const follow = 'nics.vnic_profile,disk_attachments.disk,cluster'

/** What clients of the API do most: look at VMs. Beside it a bare Node server that sends the same bytes: what TLS and HTTP cost alone. */
export const listing: Bench = {
  name: 'listing',
  title: 'Lists of VMs through the oVirt API',
  real: false,
  async run(ctx) {
    const api = await connect(await ctx.target())
    ctx.onEnd(() => api.close())
    const world = await cluster(api)
    const figures: Figure[] = []
    await makeVms(ctx, api, world, ctx.size.few)
    const [first] = (await api.ask('GET', '/vms?max=1')).vm as { id: string }[]
    const few = await lists(ctx, api, ctx.size.few, [
      ['one', `/vms/${first?.id}`],
      ['follow', `/vms?follow=${follow}`],
    ])
    figures.push(...few)
    await makeVms(ctx, api, world, ctx.size.many - ctx.size.few)
    figures.push(...(await lists(ctx, api, ctx.size.many, [])))
    return figures
  },
}

/** The cluster whose hosts are pretended, and its network's profile. */
export async function cluster(api: Api): Promise<{ name: string; profile: string }> {
  const name = api.target.simulatedCluster
  if (name === undefined) throw new Error('The instance pretends no hosts.')
  const [found] = (await api.ask('GET', `/clusters?search=name=${name}`)).cluster
  const [network] = (await api.ask('GET', `/datacenters/${found.data_center.id}/networks`)).network
  const [profile] = (await api.ask('GET', `/networks/${network.id}/vnicprofiles`)).vnic_profile
  return { name, profile: profile.id }
}

/** VMs with a network card each; of the first ones every second has a disk, every fourth runs. */
export async function makeVms(
  ctx: BenchContext,
  api: Api,
  { name, profile }: { name: string; profile: string },
  count: number,
): Promise<void> {
  const step = ctx.progress.step(`${count} VMs`)
  let made = 0
  const rich = count <= ctx.size.few
  await each(
    Array.from({ length: count }, (_, i) => i),
    8,
    async i => {
      const vm = await api.ask('POST', '/vms', {
        name: benchName('vm'),
        cluster: { name },
        template: { name: 'Blank' },
        memory: String(256 * 1024 ** 2),
        description: 'Made by rookery bench',
      })
      await api.ask('POST', `/vms/${vm.id}/nics`, { name: 'nic1', vnic_profile: { id: profile } })
      if (rich && i % 2 === 0) {
        const { disk } = await api.ask('POST', `/vms/${vm.id}/diskattachments`, {
          interface: 'virtio',
          bootable: true,
          disk: {
            alias: 'disk1',
            provisioned_size: String(1024 ** 3),
            format: 'cow',
            storage_domains: { storage_domain: [{ name: 'simulated' }] },
          },
        })
        await until('a disk', async () => (await api.ask('GET', `/disks/${disk.id}`)).status === 'ok')
        if (i % 4 === 0) {
          await api.ask('POST', `/vms/${vm.id}/start`, {})
          await until('a VM that runs', async () => (await api.ask('GET', `/vms/${vm.id}`)).status === 'up')
        }
      }
      step.note(`${++made} made`)
    },
  )
  step.done()
}

/** The list in both languages and with few and many askers at once, and whatever else is to be measured beside it. */
async function lists(
  ctx: BenchContext,
  api: Api,
  count: number,
  more: readonly (readonly [string, string])[],
): Promise<Figure[]> {
  const { ca, origin } = api.target
  const asked = (path: string, format: 'xml' | 'json'): Asked => ({
    origin,
    ca,
    path: `${apiBase}${path}`,
    headers: { ...authorized(api.token), accept: accept[format] },
  })
  const bytes = (await load(asked('/vms', 'xml'), { connections: 1, ms: 1 })).bytes
  const bare = await bareServer(ctx, bytes)
  const cases: Record<string, () => Promise<LoadResult>> = {}
  for (const connections of [1, 16]) {
    const add = (name: string, what: Asked) => {
      cases[`${name}.c${connections}`] = () => load(what, { connections, ms: ctx.size.loadMs })
    }
    add('bare', { origin: bare.origin, ca: bare.ca, path: '/' })
    add(`${count}.xml`, asked('/vms', 'xml'))
    add(`${count}.json`, asked('/vms', 'json'))
    for (const [name, path] of more) add(`${name}.xml`, asked(path, 'xml'))
  }
  const step = ctx.progress.step(`lists of ${count} VMs`)
  const found = await inTurns(cases, { ...ctx.size, tell: text => step.note(text) })
  step.done(`${Math.round(bytes / 1024)} KiB as XML`)
  return Object.entries(found).flatMap(([name, runs]): Figure[] => {
    if (name.startsWith('bare')) return []
    const rates = runs.map(run => run.rate)
    const bareRates = (found[`bare.${name.split('.').at(-1)}`] ?? []).map(run => run.rate)
    const isAim = name === '100.xml.c16'
    const figure: Figure = {
      key: `listing.${name}`,
      title: titleOf(name),
      unit: '/s',
      ...summary(rates),
      p99: quantile(
        runs.flatMap(run => run.latencies),
        0.99,
      ),
      ...(isAim ? { aim: { least: 300, p99: 150 } } : {}),
    }
    if (!name.startsWith(`${count}.xml`)) return [figure]
    return [
      figure,
      {
        key: `listing.${name}.bare`,
        title: `${titleOf(name)}, by a bare Node server sending the same bytes`,
        unit: 'x',
        ...summary(ratios(rates, bareRates)),
      },
    ]
  })
}

function titleOf(name: string): string {
  const [what = '', format = '', lanes = ''] = name.split('.')
  const subject = what === 'one' ? 'one VM' : what === 'follow' ? `list with follow=${follow}` : `list of ${what} VMs`
  return `${subject} in ${format.toUpperCase()}, ${lanes.slice(1)} at once`
}
