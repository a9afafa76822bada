import { mkdir, open, rm } from 'node:fs/promises'
import { run } from '../lab/src/images/run.ts'

const chunk = Buffer.alloc(1024 * 1024)

/** A small ext4 in a file, mounted where an instance shall have its data. */
export class SmallDisk {
  readonly #image: string
  readonly #point: string

  static async make(point: string, mib: number): Promise<SmallDisk> {
    const image = `${point}.ext4`
    await mkdir(point, { recursive: true })
    await run('truncate', ['-s', `${mib}M`, image])
    await run('mkfs.ext4', ['-q', '-m', '0', image])
    await run('mount', ['-o', 'loop', image, point])
    return new SmallDisk(image, point)
  }

  private constructor(image: string, point: string) {
    this.#image = image
    this.#point = point
  }

  /** Writes until the file system says ENOSPC, to the last block. */
  async fill(): Promise<void> {
    const file = await open(`${this.#point}/filler`, 'w')
    try {
      for (let size = chunk.length; size >= 4096; )
        try {
          await file.write(chunk, 0, size)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
          size /= 2
        }
    } finally {
      await file.close()
    }
  }

  async free(): Promise<void> {
    await rm(`${this.#point}/filler`, { force: true })
  }

  /** Unmounts and removes it; nobody may use it any more. */
  async remove(): Promise<void> {
    await run('umount', ['--lazy', this.#point])
    await rm(this.#image, { force: true })
  }
}
