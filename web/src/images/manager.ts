import type { QueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { countsWhileBusy } from '../api/attended.ts'
import type { TransferRow } from '../api/rows.ts'
import { store } from '../live/store.ts'
import { portOf } from './port.ts'
import { uploadsPresent } from './presence.ts'
import { aliasOf, type ImageKind } from './recognise.ts'
import { Upload, type UploadState } from './upload.ts'

/** So many files travel at once; a browser has six connections to a server, and pages need some. */
const atOnce = 2

/** A file that somebody chose, and what it becomes. */
export interface Chosen {
  file: File
  kind: ImageKind
  alias: string
  storageDomainId: string | undefined
}

const uploads = store<readonly Upload[]>([])
let running = 0
let guarded = false

function pump(): void {
  const next = uploads.get().find(upload => upload.get().phase === 'queued')
  if (running >= atOnce || next === undefined) return
  running++
  void next.run().finally(() => {
    running--
    pump()
  })
  pump()
}

function add(...more: Upload[]): void {
  if (!guarded) guardThePage()
  uploads.set([...uploads.get(), ...more])
  uploadsPresent.set(true)
}

/** Leaving the page interrupts what is under way: the browser asks first. */
function guardThePage(): void {
  guarded = true
  const busy = () => uploads.get().some(upload => upload.busy)
  countsWhileBusy(busy)
  window.addEventListener('beforeunload', event => {
    if (busy()) event.preventDefault()
  })
  window.addEventListener('online', () => {
    for (const upload of uploads.get()) upload.nudge()
  })
}

/** Begins to send files, in their order. They go on whatever page is shown. */
export function startUploads(client: QueryClient, chosen: readonly Chosen[]): void {
  const port = portOf(client)
  add(
    ...chosen.map(
      ({ file, kind, alias, storageDomainId }) =>
        new Upload(file, { name: file.name, alias, kind, storageDomainId }, port),
    ),
  )
  pump()
}

/** Goes on with a transfer whose page was closed or loaded again; the file is compared with what is there. */
export function resumeWith(client: QueryClient, transfer: TransferRow, file: File, kind: ImageKind): Upload {
  const upload = new Upload(file, { name: file.name, alias: aliasOf(file.name), kind }, portOf(client))
  add(upload)
  void upload.adopt(transfer, transfer.diskId)
  return upload
}

/** Takes one that is over from the list. */
export function dismiss(upload: Upload): void {
  uploads.set(uploads.get().filter(other => other !== upload))
  if (uploads.get().length === 0) uploadsPresent.set(false)
}

/** The uploads of this page, oldest first. */
export const useUploads = (): readonly Upload[] => useSyncExternalStore(uploads.subscribe, uploads.get)
/** One upload as it moves. */
export const useUpload = (upload: Upload): UploadState => useSyncExternalStore(upload.subscribe, upload.get)
