import { conflict } from '@rookery/model'
import { z } from 'zod'
import { id } from '../input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import type { InstallTarget } from '../../jobs/outside-port.ts'
import { failure } from '../../storage/spm/on-spm.ts'
import { moveHost } from './store.ts'
import type { HostSsh } from './types.ts'

/**
 * Makes a host of a machine over SSH. It looks before it changes anything; then the engine's key is admitted, and the password, if one was
 * given, forgotten; then agent, certificate, libvirt, start. From there the host is watched like any other, which activates it. Every step can be
 * repeated, and installing again repairs what a failure left; so nothing is undone on the machine itself.
 */
export const installHost = job(
  {
    name: 'host.install',
    version: 1,
    input: z.strictObject({ hostId: id, name: z.string() }),
    locks: i => [exclusive('host', i.hostId)],
    describe: i => `Installing host ${i.name}`,
    refs: i => [{ kind: 'host', id: i.hostId, name: i.name }],
  },
  async (j, i) => {
    const refs = [{ kind: 'host' as const, id: i.hostId, name: i.name }]
    const done = await j.attempt('install', async j => {
      const first = await j.tx('begin', async (tx): Promise<InstallTarget> => {
        const row = await tx.sql.maybe<{ address: string; ssh: HostSsh | null }>`
          select address, ssh from host where id = ${i.hostId}::uuid`
        if (row === undefined || row.ssh === null) throw conflict('host.gone', 'The host was removed meanwhile.')
        await moveHost(tx.sql, i.hostId, 'installing')
        tx.changed('host', i.hostId)
        tx.event('host.install.progress', { refs, args: { host: i.name, step: `looking at ${row.address}` } })
        return { hostId: i.hostId, name: i.name, address: row.address, ...row.ssh }
      })
      const seen = await j.effect('look', (outside, signal) => outside.look(first, signal))
      const target = { ...first, fingerprint: seen.fingerprint }
      await j.tx('pin', async tx => {
        await tx.sql`update host set ssh = ssh || jsonb_build_object('fingerprint', ${seen.fingerprint}::text) where id = ${i.hostId}::uuid`
        for (const step of seen.remarks) tx.event('host.install.progress', { refs, args: { host: i.name, step } })
      })
      await j.effect('admit key', (outside, signal) => outside.admitKey(target, signal))
      await j.tx('forget password', async tx => {
        await tx.sql`delete from host_secret where host_id = ${i.hostId}::uuid`
        tx.event('host.install.progress', { refs, args: { host: i.name, step: 'sending the agent' } })
      })
      await j.effect('send agent', (outside, signal) => outside.sendAgent(target, signal))
      const host = await j.effect('enrol', (outside, signal) => outside.enrolHost(target, signal))
      await j.tx('known', async tx => {
        const others = await tx.sql<{ name: string }>`
          select name from host where host_uuid = ${host.hostUuid}::uuid and id <> ${i.hostId}::uuid`
        if (others[0] !== undefined)
          throw conflict(
            'host.already_added',
            `This machine is host ${others[0].name} already. Remove that host first.`,
            {
              detail: { host: others[0].name },
            },
          )
        const at = target.address.includes(':') ? `[${target.address}]` : target.address
        await tx.sql`update host set host_uuid = ${host.hostUuid}, port = ${host.port}, url = ${`https://${at}:${host.port}`},
          certificate_until = ${host.validUntil}::timestamptz where id = ${i.hostId}::uuid`
        tx.changed('host', i.hostId)
      })
      const changed = await j.effect('prepare', (outside, signal) => outside.prepareHost(target, signal))
      await j.tx('prepared', async tx => {
        for (const step of changed) tx.event('host.install.progress', { refs, args: { host: i.name, step } })
      })
      await j.effect('start agent', (outside, signal) => outside.startAgent(target, signal))
      await j.tx('installed', async tx => tx.event('host.installed', { refs, args: { host: i.name } }))
    })
    if (done.ok) return
    await j.tx('give up', async tx => {
      await tx.sql`delete from host_secret where host_id = ${i.hostId}::uuid`
      await moveHost(tx.sql, i.hostId, 'install_failed', { reason: done.error.message })
      tx.changed('host', i.hostId)
      tx.event('host.install.failed', { refs, args: { host: i.name, reason: done.error.message } })
    })
    throw failure(done.error)
  },
)
