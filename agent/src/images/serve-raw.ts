import type { FileHandle } from 'node:fs/promises'
import type { Confinement } from '../storage/confine.ts'
import { nobody } from '../storage/confine.ts'
import { layoutGid } from '../storage/layout/constants.ts'
import { judgeQcow2, readQcow2Header } from '../storage/qcow2-header.ts'
import { nbdBackend } from './nbd-backend.ts'
import { startNbd } from './qemu-nbd.ts'
import type { OpenImage } from './tickets.ts'

/** Serves what a guest would see of a qcow2. Our own parser looks at it first: `qemu-nbd` must meet nothing that names other files. */
export async function serveAsRaw(
  file: FileHandle,
  options: { confinement: Confinement; folder: string; asRoot: boolean; readOnly: boolean; capacity: number },
): Promise<OpenImage> {
  judgeQcow2(await readQcow2Header(file), (await file.stat()).size, options.capacity)
  const server = await startNbd(file, {
    confinement: options.confinement,
    folder: options.folder,
    folderOwner: options.asRoot ? { uid: nobody, gid: layoutGid } : null,
    format: 'qcow2',
    readOnly: options.readOnly,
  })
  return { backend: nbdBackend(server, file, 'qcow2'), server: server.process }
}
