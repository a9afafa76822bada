import { lazy, Suspense, useState, useSyncExternalStore } from 'react'
import type { ApiError } from '../api/error.ts'
import { store } from '../live/store.ts'

/** A short message about one of the user's own actions whose place on the page is gone. */
export interface Note {
  id: number
  title: string
  error?: ApiError
  /** Where more is said about it. */
  more?: { label: string; to: string }
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
  failed: (title: string, error: ApiError, more?: { label: string; to: string }) =>
    add({ title, error, ...(more === undefined ? {} : { more }) }),
})

const NoteList = lazy(() => import('./note-list.tsx').then(m => ({ default: m.NoteList })))

/** The messages, in a corner; three at most. Loaded with the first one. */
export function Notes() {
  const shown = useSyncExternalStore(notes.subscribe, notes.get)
  const [any, setAny] = useState(false)
  if (shown.length > 0 && !any) setAny(true)
  return <Suspense>{any ? <NoteList notes={shown} onClose={drop} /> : null}</Suspense>
}
