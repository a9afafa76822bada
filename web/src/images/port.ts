import { type QueryClient, QueryObserver } from '@tanstack/react-query'
import { op } from '../api/client.ts'
import type { ApiError } from '../api/error.ts'
import { askOptions } from '../api/hooks.ts'
import type { TransferRow } from '../api/rows.ts'
import { waitForJob } from '../api/wait-for-job.ts'
import { flush, put, read } from './put.ts'
import type { Transfer, UploadPort } from './upload.ts'

/** Seconds without a byte after which the engine pauses a transfer: its page was closed, or its network is away. */
const idleSeconds = 60

const noteOf = (transferId: string) => `rookery.upload.${transferId}`

/** The engine as uploads see it. Rows are watched through the live layer; nothing is asked in a rhythm. */
export function portOf(client: QueryClient): UploadPort {
  return {
    pieceBytes: 8 * 1024 * 1024,
    async makeDisk({ alias, kind, storageDomainId }) {
      const { id, jobId } = await op('disk.add', {
        alias,
        capacity: kind.capacity,
        format: kind.format,
        sparse: true,
        contentType: kind.contentType,
        ...(storageDomainId === undefined ? {} : { storageDomainId }),
      })
      await waitForJob(client, jobId)
      return id
    },
    async openTransfer({ diskId, kind, filename }) {
      const { id } = await op('imageTransfer.add', {
        diskId,
        direction: 'upload',
        format: kind.transferFormat,
        timeoutPolicy: 'pause',
        inactivityTimeout: idleSeconds,
        filename,
      })
      return id
    },
    transferWhen: (id, passes, signal) => rowWhen(client, id, passes, signal),
    async pause(id) {
      await op('imageTransfer.pause', { id })
    },
    async resume(id) {
      await op('imageTransfer.resume', { id })
    },
    async cancel(id) {
      await op('imageTransfer.cancel', { id })
    },
    async finalize(id) {
      await op('imageTransfer.finalize', { id })
    },
    async dropDisk(id) {
      await op('disk.remove', { id })
    },
    put,
    flush,
    read,
    note(transferId, kept) {
      try {
        if (kept === 0) localStorage.removeItem(noteOf(transferId))
        else localStorage.setItem(noteOf(transferId), String(kept))
      } catch {
        // A browser that keeps nothing sends a little more after a reload.
      }
    },
    noted(transferId) {
      try {
        return Number(localStorage.getItem(noteOf(transferId)) ?? 0)
      } catch {
        return 0
      }
    },
    sleep: (ms, signal) =>
      new Promise(resolve => {
        const timer = setTimeout(resolve, ms)
        signal.addEventListener('abort', () => {
          clearTimeout(timer)
          resolve()
        })
      }),
    now: () => Date.now(),
  }
}

function rowWhen(
  client: QueryClient,
  id: string,
  passes: (row: Transfer | undefined) => boolean,
  signal: AbortSignal,
): Promise<Transfer | undefined> {
  return new Promise((resolve, reject) => {
    const options = askOptions('imageTransfer.list', { ids: [id] })
    // What was seen before an operation may be old by now.
    void client.invalidateQueries({ queryKey: options.queryKey, exact: true })
    const observer = new QueryObserver<TransferRow[], ApiError>(client, options)
    const settle = (end: () => void) => {
      stop()
      signal.removeEventListener('abort', aborted)
      end()
    }
    const aborted = () => settle(() => reject(signal.reason as Error))
    const stop = observer.subscribe(({ data, isFetching, isStale, error }) => {
      if (error !== null && !isFetching) return settle(() => reject(error))
      if (data === undefined || (isFetching && isStale)) return
      if (passes(data[0])) settle(() => resolve(data[0]))
    })
    signal.addEventListener('abort', aborted)
    if (signal.aborted) aborted()
  })
}
