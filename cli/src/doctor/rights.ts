/** A user as the kernel judges it. */
export interface User {
  readonly name: string
  readonly uid: number
  readonly gids: readonly number[]
}

/** A folder with its rights. */
export interface Entry {
  readonly path: string
  readonly uid: number
  readonly gid: number
  /** The twelve permission bits. */
  readonly mode: number
}

/** Whether a user may not pass a folder: the first class that fits decides, as in the kernel. Access lists are not looked at. */
export function closedTo(user: User, folder: Entry): boolean {
  if (user.uid === 0) return false
  const bits =
    user.uid === folder.uid ? folder.mode >> 6 : user.gids.includes(folder.gid) ? folder.mode >> 3 : folder.mode
  return (bits & 1) === 0
}
