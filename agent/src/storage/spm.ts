import { readFile } from 'node:fs/promises'
import { conflict } from '@rookery/model'
import type { SpmEpoch } from '@rookery/protocol'
import { z } from 'zod'
import { isMissing, writeState } from './files.ts'

/**
 * The highest epoch that this host has seen of each pool. An order of an older epoch comes from an engine that no longer
 * decides over the pool's storage and is refused; the memory survives restarts.
 */
export interface SpmEpochs {
  load(): Promise<void>
  /** Throws `conflict` `spm.stale_epoch`; remembers a higher epoch on disk before it returns. */
  admit(spm: SpmEpoch): Promise<void>
}

const Saved = z.record(z.string(), z.int().positive())

/** Keeps the epochs in one file. */
export function createSpmEpochs(file: string): SpmEpochs {
  const highest = new Map<string, number>()
  let unsaved = false
  let writing: Promise<void> = Promise.resolve()
  return {
    async load() {
      try {
        const saved = Saved.parse(JSON.parse(await readFile(file, 'utf8')))
        for (const [pool, epoch] of Object.entries(saved)) highest.set(pool, epoch)
      } catch (error) {
        if (!isMissing(error)) throw error
      }
    },
    async admit(spm) {
      const seen = highest.get(spm.poolId) ?? 0
      if (spm.epoch < seen)
        throw conflict(
          'spm.stale_epoch',
          `This order is of epoch ${spm.epoch} of data center ${spm.poolId}; the storage is managed under epoch ${seen} by now.`,
          { detail: { poolId: spm.poolId, epoch: spm.epoch, seen } },
        )
      if (spm.epoch > seen) {
        highest.set(spm.poolId, spm.epoch)
        unsaved = true
      }
      // One write after the other, and nobody acts before it is on disk; a failed one is tried again by the next order.
      const save = async () => {
        if (!unsaved) return
        await writeState(file, Object.fromEntries(highest))
        unsaved = false
      }
      writing = writing.then(save, save)
      await writing
    },
  }
}
