import { useMemo } from 'react'
import { useAsk } from '../api/hooks.ts'
import type { Pick } from '../templates/dialog/picker.tsx'
import { quoted } from '../templates/search-text.ts'

/** How many are looked up at a time. */
const most = 20

const namesOf = (rows: readonly Pick[] | undefined): ReadonlyMap<string, string> =>
  new Map(rows?.map(({ id, name }) => [id, name]))

/** The search for those whose name holds a text, in a cluster when one is given. */
function textOf(text: string, cluster: string | undefined): string {
  const typed = text.trim()
  // Stars of the search language are what people type as part of a name only by mistake.
  const name = typed === '' ? undefined : `name = ${quoted(`*${typed.replaceAll('*', '')}*`)}`
  const within = cluster === undefined ? undefined : `cluster = ${quoted(cluster)}`
  return `${[within, name].filter(part => part !== undefined).join(' and ')} sortby name asc`.trim()
}

/** Hooks for the choice of machines and hosts; of one cluster, by its name. */
export function pickersOf(cluster: string | undefined) {
  return {
    vm: {
      useFound(text: string): readonly Pick[] {
        const { data: spine } = useAsk('vm.search', { text: textOf(text, cluster), max: most }, { keep: true })
        const { data } = useAsk('vm.list', { ids: spine?.ids ?? [] }, { enabled: spine !== undefined, keep: true })
        return useMemo(() => (data ?? []).map(({ id, name }) => ({ id, name })), [data])
      },
      useNames(ids: readonly string[]) {
        const { data } = useAsk('vm.list', { ids: [...ids] }, { enabled: ids.length > 0, keep: true })
        return useMemo(() => namesOf(data), [data])
      },
    },
    host: {
      useFound(text: string): readonly Pick[] {
        const { data: spine } = useAsk('host.search', { text: textOf(text, cluster), max: most }, { keep: true })
        const { data } = useAsk('host.list', { ids: spine?.ids ?? [] }, { enabled: spine !== undefined, keep: true })
        return useMemo(() => (data ?? []).map(({ id, name }) => ({ id, name })), [data])
      },
      useNames(ids: readonly string[]) {
        const { data } = useAsk('host.list', { ids: [...ids] }, { enabled: ids.length > 0, keep: true })
        return useMemo(() => namesOf(data), [data])
      },
    },
    /** Labels are few: all of them are looked through here. */
    label: {
      useFound(text: string): readonly Pick[] {
        const { data } = useAsk('affinityLabel.list', {})
        const typed = text.trim().toLocaleLowerCase()
        return useMemo(() => (data ?? []).filter(({ name }) => name.toLocaleLowerCase().includes(typed)), [data, typed])
      },
      useNames(_ids: readonly string[]) {
        const { data } = useAsk('affinityLabel.list', {})
        return useMemo(() => namesOf(data), [data])
      },
    },
  }
}
