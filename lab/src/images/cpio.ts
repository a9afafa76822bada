/**
 * A file of a cpio archive. Modes are permission bits; everything belongs to root and is dated 1970, so that equal input
 * gives equal bytes.
 */
export type CpioEntry =
  | { kind: 'folder'; path: string; mode: number }
  | { kind: 'file'; path: string; mode: number; data: Buffer }
  | { kind: 'link'; path: string; target: string }
  | { kind: 'device'; path: string; mode: number; major: number; minor: number }

const typeBits = { folder: 0o040000, file: 0o100000, link: 0o120000, device: 0o020000 } as const

/**
 * A cpio archive in the "newc" format, which is what Linux unpacks an initramfs from (kernel documentation,
 * driver-api/early-userspace/buffer-format): a header of thirteen 8-digit hexadecimal numbers after `070701`, the name with
 * its zero byte, the data, each padded to four bytes, and an entry TRAILER!!! at the end.
 */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const parts: Buffer[] = []
  let inode = 1
  for (const entry of entries) {
    const mode = typeBits[entry.kind] | (entry.kind === 'link' ? 0o777 : entry.mode)
    const data =
      entry.kind === 'file' ? entry.data : entry.kind === 'link' ? Buffer.from(entry.target) : Buffer.alloc(0)
    const device = entry.kind === 'device' ? [entry.major, entry.minor] : [0, 0]
    parts.push(...record(entry.path, { inode: inode++, mode, links: entry.kind === 'folder' ? 2 : 1, device, data }))
  }
  parts.push(...record('TRAILER!!!', { inode: 0, mode: 0, links: 1, device: [0, 0], data: Buffer.alloc(0) }))
  return Buffer.concat(parts)
}

interface RecordFields {
  inode: number
  mode: number
  links: number
  device: number[]
  data: Buffer
}

function record(path: string, f: RecordFields): Buffer[] {
  const name = Buffer.from(`${path}\0`)
  const [major = 0, minor = 0] = f.device
  const fields = [f.inode, f.mode, 0, 0, f.links, 0, f.data.length, 0, 0, major, minor, name.length, 0]
  const header = `070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}`
  const head = Buffer.concat([Buffer.from(header), name])
  return [head, padding(head.length), f.data, padding(f.data.length)]
}

const padding = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4)
