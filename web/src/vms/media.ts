import { useMemo } from 'react'
import { useAsk } from '../api/hooks.ts'

/** Something that can lie in a CD drive. */
export interface Medium {
  /** What `cdrom.update` calls it: a file of an ISO domain, or the id of an ISO disk. */
  file: string
  name: string
  size: number
  /** What `vm.start` calls it for one run. */
  forRun: { storageDomainId: string; file: string } | { diskId: string }
}

/** Every ISO that can be booted from: files of ISO domains and ISO disks on data domains, by name. */
export function useMedia(): readonly Medium[] {
  const { data: files } = useAsk('storageDomain.files', {})
  const { data: disks } = useAsk('disk.list', {})
  return useMemo(
    () =>
      [
        ...(files ?? []).map(({ storageDomainId, name, size }) => ({
          file: name,
          name,
          size,
          forRun: { storageDomainId, file: name },
        })),
        ...(disks ?? [])
          .filter(disk => disk.contentType === 'iso' && disk.status === 'ok')
          .map(({ id, alias, capacity }) => ({ file: id, name: alias, size: capacity, forRun: { diskId: id } })),
      ].sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true })),
    [files, disks],
  )
}
