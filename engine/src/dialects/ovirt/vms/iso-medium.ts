import { conflict, isUuid } from '@rookery/model'
import { ask } from '../../../core/call.ts'
import type { RunOverlay } from '../../../compute/vm/types.ts'
import { files } from '../../../storage/domain/queries.ts'
import type { ApiRequest } from '../kernel/route.ts'

/** The medium that a CD file id means: a file of an ISO domain, or an ISO disk by its id (fact sheet 2.4, files). */
export async function isoMedium(request: ApiRequest, file: string): Promise<NonNullable<RunOverlay['cdrom']>> {
  if (isUuid(file)) return { diskId: file.toLowerCase() }
  const [row] = await ask(request.env, files, { names: [file] })
  if (row === undefined)
    throw conflict('cdrom.file_not_found', `Cannot run VM. The ISO ${file} is on no active ISO domain.`)
  return { storageDomainId: row.storageDomainId, file: row.name }
}
