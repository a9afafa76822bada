import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, open, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { conflict, unsupported } from '@rookery/model'
import { errno, give, type Owner, syncFolder } from '../storage/files.ts'
import { type AreaHeader, areaSize, blockSize, decodeHeader, encodeHeader } from './layout.ts'

/** As much of the platform's WebAssembly as is used; the language's own library of types lacks it without the browser's. */
declare const WebAssembly: { Memory: new (size: { initial: number }) => { buffer: ArrayBuffer } }

/** Memory that starts at a page, as O_DIRECT wants it; an ordinary Buffer rarely does. */
export function alignedMemory(bytes: number): Buffer {
  const page = 64 * 1024
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / page) })
  return Buffer.from(memory.buffer, 0, bytes)
}

/**
 * Makes the lease area of a file domain; whole or not at all, and never over one that is there.
 * @throws RookeryError `conflict` `lease.area_exists`
 */
export async function makeAreaFile(path: string, header: AreaHeader, owner: Owner): Promise<void> {
  const draft = `${path}.${randomUUID()}`
  const file = await open(draft, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o660)
  try {
    await give(file, 0o660, owner)
    await file.truncate(areaSize(header))
    await file.write(encodeHeader(header), 0, undefined, 0)
    await file.sync()
    await link(draft, path)
  } catch (error) {
    if (errno(error) === 'EEXIST')
      throw conflict('lease.area_exists', `${path} is there already; its leases may be in use and are kept.`)
    throw error
  } finally {
    await file.close()
    await unlink(draft)
  }
  await syncFolder(dirname(path))
}

/** Opens an area for the registers of one host. Reads and writes pass the host's caches and are durable when they return. */
export async function openAreaFile(
  path: string,
  storageDomainId: string,
): Promise<{ file: FileHandle; header: AreaHeader }> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDWR | constants.O_DIRECT | constants.O_DSYNC)
  } catch (error) {
    if (errno(error) !== 'EINVAL') throw error
    throw unsupported(
      'lease.no_direct_io',
      `The file system of ${path} does not read and write past the host's cache (O_DIRECT), so hosts would not see each other's leases.`,
      { cause: error },
    )
  }
  try {
    const block = alignedMemory(blockSize)
    await file.read(block, 0, blockSize, 0)
    const header = decodeHeader(block.subarray(0, 512), storageDomainId, path)
    const { size } = await file.stat()
    if (size < areaSize(header))
      throw conflict('lease.area_broken', `The lease area ${path} has ${size} bytes instead of ${areaSize(header)}.`)
    return { file, header }
  } catch (error) {
    await file.close()
    throw error
  }
}
