import { connect as openLibvirt } from '@rookery/libvirt'
import { join } from 'node:path'
import type { Bench, Figure } from '../bench.ts'
import { quantile, summary } from '../measure/stats.ts'
import { openList } from '../page.ts'
import { realSite } from '../site.ts'

/**
 * From an event on the host to whoever looks: a guest is paused and resumed by libvirt itself, behind the engine's back. The clock
 * starts when libvirt is asked, so what QEMU takes for it is in; it stops when the stream's message is here, and again when the row
 * that it names has been fetched and shows the new status. A real browser has the list of VMs open meanwhile and says when it has
 * painted the row anew.
 */
export const events: Bench = {
  name: 'events',
  title: 'From an event on the host to who looks at it',
  real: true,
  async run(ctx) {
    const site = await realSite(ctx)
    const { api, changes } = site
    const vm = await site.makeVm(await site.makeDisk(1024 ** 2))
    await site.start(vm)
    ctx.onEnd(() => site.stop(vm))
    const libvirt = await openLibvirt({
      uri: 'qemu:///system',
      socket: join(site.dataDir, 'host/run/libvirt/libvirt-sock'),
    })
    ctx.onEnd(() => libvirt.close())
    const domain = await libvirt.domains.byUuid(vm)
    const { name } = await api.ask('GET', `/vms/${vm}`)
    const page = await openList(ctx, api.target, name)
    if (page === undefined) ctx.progress.info('There is no Chromium here: the browser is left out.')
    const status = async () => (await api.ask('GET', `/vms/${vm}`)).status as string

    const [host, message, row, pixel]: [number[], number[], number[], number[]] = [[], [], [], []]
    const step = ctx.progress.step('events')
    const rounds = ctx.size.warmUp + ctx.size.rounds * 8
    for (let round = 0; round < rounds; round++) {
      step.note(`${round + 1} of ${rounds}`)
      const paused = round % 2 === 0
      await page?.atRest()
      let told = 0
      const deaf = changes.on(change => {
        if (change.id === vm) told = change.at
      })
      const since = performance.timeOrigin + performance.now()
      const began = performance.now()
      const done = paused ? domain.suspend() : domain.resume()
      const answered = done.then(() => performance.now())
      const toldAt = await changes.until(vm, 'the status of a paused guest', async () =>
        ((await status()) === 'paused') === paused ? told : undefined,
      )
      const seen = performance.now()
      deaf()
      const painted = await page?.paintedAt({ word: 'Paused', there: paused, since })
      if (round < ctx.size.warmUp) continue
      host.push((await answered) - began)
      message.push(toldAt - began)
      row.push(seen - began)
      if (painted !== undefined) pixel.push(painted - since)
    }
    step.done()
    const figure = (key: string, title: string, found: number[], more: Partial<Figure> = {}): Figure => ({
      key: `events.${key}`,
      title,
      unit: 'ms',
      ...summary(found),
      p99: quantile(found, 0.99),
      ...more,
    })
    return [
      figure('host', 'libvirt pauses or resumes a guest', host),
      figure('message', 'until the stream of changes says so', message),
      figure('row', 'until the row was fetched and shows it', row),
      ...(pixel.length === 0
        ? []
        : [figure('pixel', 'until the list of VMs in Chromium has painted it', pixel, { aim: { most: 200 } })]),
    ]
  },
}
