import { useTextSearch } from './use-text-search.ts'

/** A dialog of a page: it stands in the address (`do`, and on which objects: `of`), so that Back closes it and a link opens it. */
export function useDialog(): {
  dialog: string | undefined
  ids: readonly string[]
  open: (dialog: string, ids?: readonly string[]) => void
  close: () => void
} {
  const { search, change } = useTextSearch()
  return {
    dialog: search['do'],
    ids: search['of']?.split(',') ?? [],
    open: (dialog, ids = []) => change({ do: dialog, of: ids.join(',') }),
    close: () => change({ do: undefined, of: undefined }, { replace: true }),
  }
}
