import { store } from '../live/store.ts'

/** Whether there is any upload on this page: the shell loads the tray only then. */
export const uploadsPresent = store(false)
