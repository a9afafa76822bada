import { readFileSync, writeFileSync } from 'node:fs'

const setting = '/proc/sys/vm/unprivileged_userfaultfd'

/**
 * Lets QEMU, which is not root, wait for memory that is still at the other host: what post-copy is made of. Null when it may, else the
 * reason why not: post-copy then fails and the guest is moved without it, or stays.
 */
export function allowPostCopy(file = setting): string | null {
  try {
    if (readFileSync(file, 'utf8').trim() === '1') return null
    writeFileSync(file, '1')
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
