import { Alert, AlertActionCloseButton, AlertGroup } from '@patternfly/react-core'
import type { ApiError } from '../api/error.ts'
import { useErrorText } from './error-text.ts'
import { Go } from './go.tsx'
import type { Note } from './notes.tsx'

/** Short messages about one's own actions, in a corner, told to screen readers too. */
export function NoteList({ notes, onClose }: { notes: readonly Note[]; onClose: (id: number) => void }) {
  return (
    <AlertGroup isToast isLiveRegion>
      {notes.map(note => (
        <Alert
          key={note.id}
          variant={note.error === undefined ? 'success' : 'danger'}
          title={<bdi>{note.title}</bdi>}
          actionClose={<AlertActionCloseButton onClose={() => onClose(note.id)} />}
        >
          {note.error === undefined ? null : <Why error={note.error} />}
          {note.more === undefined ? null : <Go to={note.more.to}>{note.more.label}</Go>}
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
