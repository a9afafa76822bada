import assert from 'node:assert/strict'
import { until } from '@rookery/lab/guest/until'
import { type Api, element, idOf } from '../raw/api.ts'

/** An open way to the bytes of one image. */
export interface Ticket {
  /** `https://HOST:PORT/images/TICKET`. */
  readonly url: string
  /** Bytes that the ticket covers. */
  readonly size: number
  readonly diskId: string
  /** Ends the transfer well, and waits for it. */
  finish(): Promise<void>
  /** Ends it by cancelling. */
  cancel(): Promise<void>
}

/** Opens tickets. */
export interface Tickets {
  /** A new disk and an upload to it. `format` is the transfer's: `raw` is guest-visible data, `cow` the qcow2 file itself. */
  upload(o: { diskFormat: 'raw' | 'cow'; format: 'raw' | 'cow'; size: number; initialSize?: number }): Promise<Ticket>
  /** A download of a disk. */
  download(diskId: string, format: 'raw' | 'cow'): Promise<Ticket>
  remove(diskId: string): Promise<void>
}

/** Tickets as the engine gives them: an image transfer each, its disk in the first data domain. */
export function engineTickets(api: Api): Tickets {
  const domain = async () => {
    const domains = await api.xml('/storagedomains?search=type%3Ddata')
    return idOf(domains, 'storage_domain')
  }

  async function open(diskId: string, direction: string, format: string): Promise<Ticket> {
    const made = await api.post(
      '/imagetransfers',
      `<image_transfer><direction>${direction}</direction><format>${format}</format><disk id="${diskId}"/></image_transfer>`,
    )
    const id = idOf(made, 'image_transfer')
    const phase = async (wanted: RegExp): Promise<string | false> => {
      const xml = await api.xml(`/imagetransfers/${id}`)
      const now = element(xml, 'phase') ?? ''
      if (now.startsWith('finished') && !wanted.test(now)) throw new Error(`the transfer became ${now}`)
      return wanted.test(now) && xml
    }
    const xml = await until(`transfer ${id} to begin`, () => phase(/^transferring$/), {
      deadlineMs: 60_000,
      everyMs: 200,
    })
    const url = element(xml, 'transfer_url')
    assert.ok(url, `no transfer_url in ${xml}`)
    const size = Number(
      (await api.http.call(`${url}/extents`)).text
        .match(/"start":\s*(\d+),\s*"length":\s*(\d+)[^{]*$/)
        ?.slice(1)
        .reduce((a, b) => String(Number(a) + Number(b))),
    )
    const act = async (what: string, wanted: RegExp) => {
      await api.post(`/imagetransfers/${id}/${what}`, '<action/>')
      await until(`transfer ${id} to be ${wanted}`, () => phase(wanted), { deadlineMs: 120_000, everyMs: 200 })
    }
    return {
      url,
      size,
      diskId,
      finish: () => act('finalize', /^finished_success$/),
      cancel: () => act('cancel', /^finished_(?:failure|cleanup)$/),
    }
  }

  const settled = (diskId: string) =>
    until(`disk ${diskId} to be ok`, async () => element(await api.xml(`/disks/${diskId}`), 'status') === 'ok', {
      deadlineMs: 60_000,
      everyMs: 200,
    })

  return {
    async upload(o) {
      const made = await api.post(
        '/disks',
        `<disk><name>imageio-${crypto.randomUUID().slice(0, 8)}</name><format>${o.diskFormat}</format><sparse>true</sparse>` +
          `<provisioned_size>${o.size}</provisioned_size>${o.initialSize === undefined ? '' : `<initial_size>${o.initialSize}</initial_size>`}` +
          `<storage_domains><storage_domain id="${await domain()}"/></storage_domains></disk>`,
      )
      const diskId = idOf(made, 'disk')
      await settled(diskId)
      return open(diskId, 'upload', o.format)
    },
    async download(diskId, format) {
      await settled(diskId)
      return open(diskId, 'download', format)
    },
    async remove(diskId) {
      await until(
        `disk ${diskId} to be removed`,
        async () => {
          const answer = await api.call(`/disks/${diskId}`, { method: 'DELETE' })
          return answer.status === 200 || answer.status === 404
        },
        { deadlineMs: 60_000, everyMs: 500 },
      )
    },
  }
}
