import { open } from 'node:fs/promises'
import type { Handler } from '../tasks/registry.ts'
import { parseXml } from '../xml/parse.ts'
import { type DomainContext, theRun } from './context.ts'
import { runNotHere } from './hypervisor-errors.ts'
import { readMetadata } from './metadata.ts'

/** First bytes of a file that libvirt has completely written; while it writes, they say `LibvirtQemudPart`. */
const completeMagic = 'LibvirtQemudSave'

/**
 * Writes the memory and ends the run. libvirt itself marks the file as whole as its last act, and the file names its run, so whether a
 * task that is done again has anything left to do is read from the file.
 */
export function saveHandler(ctx: DomainContext): Handler<'vm.save'> {
  return async (task, { signal, log }) => {
    const file = ctx.storage.volumePath(task.to)
    const here = await ctx.observer.adopt(task.vmId)
    if (here === null || here.runId !== task.runId) {
      if (await holdsRun(ctx, file, task.runId)) return {}
      throw runNotHere(task.vmId, task.runId)
    }
    await theRun(ctx, task)
    const abort = () => {
      ctx.hypervisor.abortJob(task.vmId).catch(error => log.debug({ err: error }, 'there was no save to stop'))
    }
    signal.addEventListener('abort', abort, { once: true })
    ctx.observer.change(task.vmId, f => ({ ...f, saving: true }))
    try {
      await ctx.hypervisor.save(task.vmId, file)
    } catch (error) {
      ctx.observer.change(task.vmId, f => ({ ...f, saving: false }))
      const now = await ctx.observer.adopt(task.vmId)
      if (now?.runId !== task.runId && (await holdsRun(ctx, file, task.runId))) return {}
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
    }
    await ctx.leases.settle(ctx.leases.ofLive(here.live))
    ctx.observer.ended(task.vmId, task.runId, 'saved')
    return {}
  }
}

async function holdsRun(ctx: DomainContext, file: string, runId: string): Promise<boolean> {
  const handle = await open(file, 'r')
  try {
    const { buffer } = await handle.read(Buffer.alloc(completeMagic.length), 0, completeMagic.length, 0)
    if (buffer.toString('latin1') !== completeMagic) return false
  } finally {
    await handle.close()
  }
  return readMetadata(parseXml(await ctx.hypervisor.savedXml(file)))?.runId === runId
}
