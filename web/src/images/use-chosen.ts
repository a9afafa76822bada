import { useRef, useState } from 'react'
import { aliasOf, type ImageKind, type NotAnImage, recognise } from './recognise.ts'

/** A file in the dialog: looked at, or still being looked at. */
export interface Candidate {
  key: number
  file: File
  alias: string
  /** Undefined while it is looked at. */
  found: ImageKind | NotAnImage | undefined
}

export const isImage = (found: Candidate['found']): found is ImageKind => found !== undefined && 'kind' in found

/** The files that somebody chose, each recognised by its content. */
export function useChosen() {
  const [chosen, setChosen] = useState<readonly Candidate[]>([])
  const last = useRef(0)
  return {
    chosen,
    add(files: Iterable<File>) {
      for (const file of files) {
        const key = ++last.current
        setChosen(now => [...now, { key, file, alias: aliasOf(file.name), found: undefined }])
        void recognise(file).then(found =>
          setChosen(now => now.map(other => (other.key === key ? { ...other, found } : other))),
        )
      }
    },
    rename: (key: number, alias: string) =>
      setChosen(now => now.map(other => (other.key === key ? { ...other, alias } : other))),
    drop: (key: number) => setChosen(now => now.filter(other => other.key !== key)),
  }
}
