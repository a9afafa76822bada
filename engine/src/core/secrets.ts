import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { internal } from '@rookery/model'

/** What seals words that the engine has to know again: passwords of devices. The database alone does not open them. */
export interface Secrets {
  /** The word as it may stand in the database and in the records of jobs. */
  seal(word: string): Promise<string>
  /** @throws RookeryError `internal` `secret.sealed` when another key sealed it, or it was changed */
  open(sealed: string): Promise<string>
}

const form = 'sealed:1:'
const ivBytes = 12
const tagBytes = 16

/** Seals with a key of 32 bytes (AES-256-GCM). `key` is asked for once. */
export function secretsWith(key: () => Promise<Buffer>): Secrets {
  let known: Promise<Buffer> | undefined
  const theKey = () =>
    (known ??= key().catch((error: unknown) => {
      known = undefined // the file may be there the next time
      throw error
    }))
  return {
    async seal(word) {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', await theKey(), iv)
      const text = Buffer.concat([cipher.update(word, 'utf8'), cipher.final()])
      return form + Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64')
    },
    async open(sealed) {
      const bytes = Buffer.from(sealed.slice(form.length), 'base64')
      try {
        if (!sealed.startsWith(form)) throw new TypeError('it is not sealed')
        const cipher = createDecipheriv('aes-256-gcm', await theKey(), bytes.subarray(0, ivBytes))
        cipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
        return cipher.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + cipher.final('utf8')
      } catch (cause) {
        throw internal(
          'secret.sealed',
          'A password that was kept cannot be opened with the key of this engine (secrets.key). Enter it anew, or bring the key back.',
          { cause },
        )
      }
    },
  }
}

/** Seals with the key in a file, which is made when there is none. Every engine of an installation has the same file. */
export const secretsIn = (file: string): Secrets => secretsWith(() => readOrMake(file))

async function readOrMake(file: string): Promise<Buffer> {
  const found = await readKey(file)
  if (found !== undefined) return found
  await mkdir(dirname(file), { recursive: true })
  // Whole before it has its name: another engine may look for it in the same moment.
  const fresh = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    await writeFile(fresh, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
    await link(fresh, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(fresh, { force: true })
  }
  const made = await readKey(file)
  if (made === undefined) throw internal('secret.key', `The key of kept passwords, ${file}, could not be made.`)
  return made
}

async function readKey(file: string): Promise<Buffer | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length !== 32)
    throw internal('secret.key', `The key of kept passwords, ${file}, is damaged: 32 bytes in base64 were expected.`)
  return key
}
