import { useAsk } from '../../api/hooks.ts'
import { op } from '../../api/client.ts'
import { useQueryClient } from '@tanstack/react-query'
import { useTextSearch } from '../use-text-search.ts'
import type { Column } from './types.ts'

/** Which columns are shown: those of the address, else what the user chose before, else the first ones. */
export function useColumns<Row, Extra>(
  name: string,
  columns: readonly Column<Row, Extra>[],
): { shown: readonly Column<Row, Extra>[]; choose: (keys: readonly string[]) => void } {
  const { search, change } = useTextSearch()
  const client = useQueryClient()
  const { data: kept } = useAsk('preference.list', {})
  const theirs = kept?.[`columns.${name}`]
  const keys =
    search['cols']?.split(',') ??
    (Array.isArray(theirs) ? theirs.map(String) : columns.filter(c => c.first !== false).map(c => c.key))
  const wanted = new Set(keys)
  return {
    shown: columns.filter((column, index) => index === 0 || wanted.has(column.key)),
    choose(next) {
      change({ cols: next.join(',') }, { replace: true })
      const value = [...next]
      client.setQueryData(['ask', 'preference.list', {}], { ...kept, [`columns.${name}`]: value })
      void op('preference.set', { key: `columns.${name}`, value }).catch(() => {})
    },
  }
}
