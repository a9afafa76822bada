import { QueryObserver, type QueryClient } from '@tanstack/react-query'
import { op } from '../api/client.ts'
import { askOptions } from '../api/hooks.ts'
import type { VmRow } from '../api/rows.ts'

/** How long a new VM's disks may take before nobody waits for it any more (ms). */
const patience = 30 * 60_000

/**
 * Starts a VM as soon as its disks are made, while this console is open. Watches its row by the live layer, not by asking again and
 * again. Resolves once it was started; rejects with what the engine refused.
 */
export function startWhenReady(client: QueryClient, id: string): Promise<void> {
  const observer = new QueryObserver<VmRow[]>(client, askOptions('vm.list', { ids: [id] }) as never)
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer)
      stop()
      settle()
    }
    const timer = setTimeout(() => end(resolve), patience)
    const look = (rows: readonly VmRow[] | undefined) => {
      if (rows === undefined || rows[0]?.status === 'image_locked') return
      end(() => (rows[0]?.status === 'down' ? op('vm.start', { id }).then(() => resolve(), reject) : resolve()))
    }
    const stop = observer.subscribe(result => look(result.data))
    look(observer.getCurrentResult().data)
  })
}
