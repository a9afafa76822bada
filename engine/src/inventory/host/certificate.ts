import { conflict } from '@rookery/model'
import { CertificateRequested } from '@rookery/protocol'
import { z } from 'zod'
import { exclusive, job } from '../../jobs/index.ts'
import { reconciler } from '../../reconcile/reconciler.ts'
import { failure } from '../../storage/spm/on-spm.ts'
import { id } from '../input.ts'

/** How long before its end a certificate is renewed, days; oVirt's clients are warned from then on. */
export const renewDays = 30
/** Hours until a renewal that failed is tried again. */
const againHours = 6

/**
 * Gives a host a new certificate for a new key that it makes. Agent, libvirt and QEMU take it into use; connections that are open stay, and
 * until the host has it the old one is good.
 */
export const enrollHostCertificate = job(
  {
    name: 'host.enrollCertificate',
    version: 1,
    input: z.strictObject({ hostId: id, name: z.string() }),
    locks: i => [exclusive('host', i.hostId)],
    describe: i => `Renewing the certificate of host ${i.name}`,
    refs: i => [{ kind: 'host', id: i.hostId, name: i.name }],
  },
  async (j, i) => {
    const refs = [{ kind: 'host' as const, id: i.hostId, name: i.name }]
    const done = await j.attempt('renew', async j => {
      const host = await j.tx('begin', async tx => {
        const row = await tx.sql.maybe<{ address: string }>`select address from host where id = ${i.hostId}::uuid`
        if (row === undefined) throw conflict('host.gone', 'The host was removed meanwhile.')
        tx.event('host.certificate.started', { refs, args: { host: i.name } })
        return { id: i.hostId, name: i.name, address: row.address }
      })
      const asked = CertificateRequested.parse(await j.host('request', i.hostId, { kind: 'certificate.request' }))
      const signed = await j.effect('sign', async outside => {
        const { certificate, ca, validUntil } = await outside.certify(asked.request, host)
        return { certificate, ca, validUntil: validUntil.toISOString() }
      })
      const { certificate, ca } = signed
      await j.host('install', i.hostId, { kind: 'certificate.install', certificate, ca })
      await j.tx('renewed', async tx => {
        await tx.sql`update host set certificate_until = ${signed.validUntil}::timestamptz where id = ${i.hostId}::uuid`
        tx.changed('host', i.hostId)
        tx.event('host.certificate.renewed', { refs, args: { host: i.name, until: signed.validUntil.slice(0, 10) } })
      })
    })
    if (done.ok) return
    await j.tx('failed', async tx => {
      const row = await tx.sql.maybe<{ until: Date | null }>`
        select certificate_until as until from host where id = ${i.hostId}::uuid`
      const until = row?.until?.toISOString().slice(0, 10) ?? 'at an unknown time'
      tx.event('host.certificate.failed', { refs, args: { host: i.name, reason: done.error.message, until } })
    })
    throw failure(done.error)
  },
)

/** Renews what ends soon: each host in its turn, as soon as it answers. */
export const certificatesReconciler = reconciler('certificates', { every: '10m', wakeOn: [] }, async ctx => {
  const due = await ctx.sql<{ id: string; name: string }>`
    select h.id, h.name from host h
     where h.certificate_until < now() + make_interval(days => ${renewDays})
       and h.status in ('up', 'maintenance', 'non_operational')
       and not exists (select 1 from job_lock l where l.kind = 'host' and l.entity_id = h.id)
       and not exists (
         select 1 from job j where j.kind = 'host.enrollCertificate' and j.created_at > now() - make_interval(hours => ${againHours})
            and j.refs @> jsonb_build_array(jsonb_build_object('kind', 'host', 'id', h.id)))
     order by h.certificate_until limit 20`
  for (const { id: hostId, name } of due) await ctx.start(enrollHostCertificate, { hostId, name })
})
