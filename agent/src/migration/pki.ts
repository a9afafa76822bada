import { X509Certificate } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Owner } from '../domain/places.ts'

/** PEM files of this host: its certificate, the key, and the CA that signs all hosts. */
export interface HostTls {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

/** Where libvirt and QEMU look for certificates below a folder. */
export const pkiFolders = (folder: string) => ({ libvirt: join(folder, 'libvirt'), qemu: join(folder, 'qemu') })

const libvirtNames = {
  ca: 'cacert.pem',
  cert: ['servercert.pem', 'clientcert.pem'],
  key: ['serverkey.pem', 'clientkey.pem'],
}
const qemuNames = {
  ca: 'ca-cert.pem',
  cert: ['server-cert.pem', 'client-cert.pem'],
  key: ['server-key.pem', 'client-key.pem'],
}

/**
 * Lays this host's certificate out under the names that libvirt and QEMU know, for both ends of a connection. libvirt's is for root, QEMU's
 * for its user. Done at each start, so that a renewed certificate is taken over; a file that is right already stays.
 */
export function layOutPki(folder: string, tls: HostTls, owner: Owner | null): void {
  const { libvirt, qemu } = pkiFolders(folder)
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  chmodSync(folder, 0o711)
  lay(libvirt, libvirtNames, tls, null)
  lay(qemu, qemuNames, tls, owner)
}

function lay(folder: string, names: typeof qemuNames, tls: HostTls, owner: Owner | null): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (owner !== null && process.getuid?.() === 0) chownSync(folder, owner.uid, owner.gid)
  const put = (name: string, from: string) => {
    const file = join(folder, name)
    const content = readFileSync(from)
    if (!sameContent(file, content)) {
      writeFileSync(`${file}.new`, content, { mode: 0o600 })
      renameSync(`${file}.new`, file)
    }
    if (owner !== null && process.getuid?.() === 0) chownSync(file, owner.uid, owner.gid)
  }
  put(names.ca, tls.ca)
  for (const name of names.cert) put(name, tls.cert)
  for (const name of names.key) put(name, tls.key)
}

function sameContent(file: string, content: Buffer): boolean {
  try {
    return readFileSync(file).equals(content)
  } catch {
    return false // it is not there yet
  }
}

/** Why a host's certificate is of no use for migrations, as a sentence; null when it is. */
export function unfit(certFile: string, address: string): string | null {
  const cert = new X509Certificate(readFileSync(certFile))
  const usages = cert.keyUsage ?? []
  const lacks = [
    ...(usages.includes('1.3.6.1.5.5.7.3.1') ? [] : ['a server']),
    ...(usages.includes('1.3.6.1.5.5.7.3.2') ? [] : ['a client']),
  ]
  if (lacks.length > 0) return `the certificate of this host is not one for ${lacks.join(' and ')}`
  const named = cert.checkIP(address) !== undefined || cert.checkHost(address) !== undefined
  return named ? null : `the certificate of this host is not valid for ${address}`
}
