import { Alert, AlertActionCloseButton, AlertGroup } from '@patternfly/react-core'
import { useSyncExternalStore } from 'react'
import type { ApiError } from '../api/error.ts'
import { store } from '../live/store.ts'
import { useErrorText } from './error-text.ts'

/** A short message about one of the user's own actions whose place on the page is gone. */
interface Note {
  id: number
  title: string
  error?: ApiError
}

const notes = store<readonly Note[]>([])
let last = 0
const most = 3
/** How long a success stays (ms); a failure stays until it is closed. */
const successStays = 8000

function add(note: Omit<Note, 'id'>): void {
  const id = ++last
  notes.set([...notes.get().slice(1 - most), { ...note, id }])
  if (note.error === undefined) setTimeout(() => drop(id), successStays)
}
const drop = (id: number) => notes.set(notes.get().filter(note => note.id !== id))

/** Says how an action ended, where no dialog does. */
export const useNotes = () => ({
  done: (title: string) => add({ title }),
  failed: (title: string, error: ApiError) => add({ title, error }),
})

/** The messages, in a corner; three at most. */
export function Notes() {
  const shown = useSyncExternalStore(notes.subscribe, notes.get)
  return (
    <AlertGroup isToast isLiveRegion>
      {shown.map(note => (
        <Alert
          key={note.id}
          variant={note.error === undefined ? 'success' : 'danger'}
          title={<bdi>{note.title}</bdi>}
          actionClose={<AlertActionCloseButton onClose={() => drop(note.id)} />}
        >
          {note.error === undefined ? null : <Why error={note.error} />}
        </Alert>
      ))}
    </AlertGroup>
  )
}

function Why({ error }: { error: ApiError }) {
  const { why, foreign } = useErrorText(error)
  return (
    <p lang={foreign ? 'en' : undefined}>
      <bdi>{why}</bdi>
    </p>
  )
}
