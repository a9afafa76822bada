import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { aRunningVm } from '../engine/test/entities.ts'
import { adminPassword } from '../engine/test/engine.ts'
import { startWorld, type World } from '../engine/test/small-world.ts'
import { ended, until } from '../engine/test/until.ts'
import type { World as FullWorld } from '../engine/test/survive-world.ts'
import { launch, noBrowser, sit } from './browser.ts'
import { enter } from './people.ts'

/** What people put into names to see whether a page believes it. Each sets `hacked` if any of it is taken for more than text. */
const hostile = [
  '<script>window.hacked=1</script>',
  '"><img src=x onerror="window.hacked=1">',
  "'><svg/onload=window.hacked=1>",
  '{{constructor.constructor("window.hacked=1")()}} ${window.hacked=1} $t(common:cancel)',
  'javascript:window.hacked=1',
  '\u202Egnp.exe\u202C \u2067תרגום\u2069 \u200F',
  '👩‍👩‍👧‍👦🏳️‍🌈 한글 Ǆ ﷽',
  `4 KB ${'A'.repeat(4090)}`,
].join(' ')

describe('hostile names are shown as text everywhere (W7, W19)', { skip: noBrowser }, () => {
  let world: World
  let browser: Browser
  let ids: { vm: string; disk: string; host: string; cluster: string; domain: string; job: string }
  before(async () => {
    ;[world, browser] = await Promise.all([startWorld(), launch()])
    const { sql } = world.database.db
    const { vmId, diskId } = await aRunningVm({
      ...world,
      sql,
      ended: (id: string) => endOf(world, id),
    } as unknown as FullWorld)
    // Straight into the rows: what the API refuses today may have been written yesterday, or by a guest.
    await sql`update vm set name = ${hostile}, description = ${hostile}, comment = ${hostile} where id = ${vmId}::uuid`
    await sql`update disk set alias = ${hostile}, description = ${hostile} where id = ${diskId}::uuid`
    await sql`update host set name = ${hostile}, description = ${hostile}, comment = ${hostile}, status_reason = ${hostile}`
    await sql`update storage_domain set name = ${hostile}, description = ${hostile}, comment = ${hostile}`
    await sql`update cluster set name = ${hostile}, description = ${hostile}, comment = ${hostile}`
    await sql`insert into affinity_group (id, cluster_id, name, description)
      select gen_random_uuid(), id, ${hostile}, ${hostile} from cluster limit 1`
    await sql`insert into affinity_label (id, name, description) values (gen_random_uuid(), ${hostile}, ${hostile})`
    await sql`insert into scheduling_policy (id, name, description) values (gen_random_uuid(), ${hostile}, ${hostile})`
    await sql`insert into fence_agent (id, host_id, position, type, address, username, password)
      select gen_random_uuid(), id, 1, ${hostile}, ${hostile}, ${hostile}, 'sealed' from host limit 1`
    await sql`update data_center set name = ${hostile}`
    await sql`update network set name = ${hostile}, description = ${hostile}`
    await sql`update nic set name = ${hostile}`
    await sql`update job set description = ${hostile}`
    await sql`update session set client = ${hostile.slice(0, 200)}`
    await sql`update event set message = ${hostile}, actor_name = ${hostile}, correlation_id = ${hostile.slice(0, 200)},
      args = jsonb_build_object('vm', ${hostile}::text, 'user', ${hostile}::text, 'host', ${hostile}::text)`
    await sql`update vm_run set guest = jsonb_build_object('hostname', ${hostile}::text, 'osName', ${hostile}::text, 'osVersion', ${hostile}::text,
      'kernel', ${hostile}::text, 'timezone', null, 'nics', jsonb_build_array(jsonb_build_object('name', ${hostile}::text, 'mac', null,
      'addresses', jsonb_build_array(${hostile}::text))))`
    const [host] = await sql<{ id: string; clusterId: string }>`select id, cluster_id from host limit 1`
    const [domain] = await sql<{ id: string }>`select id from storage_domain where master`
    const [job] = await sql<{ id: string }>`select id from job order by created_at desc limit 1`
    ids = {
      vm: vmId,
      disk: diskId,
      host: host?.id ?? '',
      cluster: host?.clusterId ?? '',
      domain: domain?.id ?? '',
      job: job?.id ?? '',
    }
  })
  after(async () => {
    await ended('the browser', browser.close())
    await world.stop()
  })

  for (const language of ['en', 'ko'] as const)
    test(`${language}: no page takes any of it for more, and none is torn apart by it`, async () => {
      const seat = await sit(browser, { origin: world.one.url, language })
      const { page } = seat
      await enter(seat, '/admin', adminPassword)
      const pages = [
        '/admin',
        '/admin/vms',
        '/admin/vms/new',
        ...['overview', 'disks', 'network', 'performance', 'placement', 'settings', 'activity'].map(
          tab => `/admin/vms/${ids.vm}/${tab}`,
        ),
        '/admin/hosts',
        `/admin/hosts/${ids.host}/overview`,
        `/admin/hosts/${ids.host}/vms`,
        `/admin/hosts/${ids.host}/settings`,
        '/admin/clusters',
        ...['overview', 'hosts', 'vms', 'affinity', 'scheduling', 'settings', 'activity'].map(
          tab => `/admin/clusters/${ids.cluster}/${tab}`,
        ),
        '/admin/affinity/groups',
        '/admin/affinity/labels',
        '/admin/policies',
        '/admin/storage',
        `/admin/storage/${ids.domain}/overview`,
        '/admin/disks',
        `/admin/disks/${ids.disk}/overview`,
        '/admin/images',
        '/admin/tasks',
        `/admin/tasks/${ids.job}`,
        '/admin/events',
        '/admin/sessions',
      ]
      for (const path of pages) {
        await page.goto(path)
        await page.getByRole('heading', { level: 1 }).first().waitFor()
        await until(
          async () =>
            (await page.evaluate("document.querySelector('.pf-v6-c-skeleton, [aria-busy=true]') === null")) === true,
          { what: path },
        )
        assert.equal(await page.evaluate('window.hacked'), undefined, path)
        const wide = (await page.evaluate('document.documentElement.scrollWidth - innerWidth')) as number
        assert.ok(wide <= 0, `${path} is ${wide} pixels wider than the window`)
        const inside = (await page.evaluate(
          'document.querySelectorAll(\'#root img[src="x"], #root script, #root svg[onload]\').length',
        )) as number
        assert.equal(inside, 0, `${path} made elements of it`)
      }
      await page.goto('/admin/vms')
      await page.getByText('<script>window.hacked=1</script>', { exact: false }).first().waitFor()
      await seat.leave()
    })
})

/** Waits until a job is over. */
const endOf = (world: World, id: string) =>
  until(
    () => world.database.db.sql.maybe`select status, error from job where id = ${id}::uuid and ended_at is not null`,
    {
      what: 'the job to end',
    },
  )
