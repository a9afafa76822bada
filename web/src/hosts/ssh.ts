/** What is asked of a machine that the engine installs over SSH, as it is typed. */
export interface SshDraft {
  name: string
  address: string
  port: string
  user: string
  /** Signed in to by a password, or by the engine's own key. */
  by: 'password' | 'key'
  password: string
  activate: boolean
}

export const emptySsh: SshDraft = {
  name: '',
  address: '',
  port: '22',
  user: 'root',
  by: 'password',
  password: '',
  activate: true,
}

export type SshProblem = 'nameMissing' | 'nameCharacters' | 'address' | 'port' | 'user' | 'passwordMissing'

const portOf = (text: string): number => {
  const port = Number(text.normalize('NFKC'))
  return text.trim() !== '' && Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : Number.NaN
}

/** What is wrong with where the machine is: what is needed to ask for its key. */
export const placeProblems = (draft: SshDraft): Partial<Record<keyof SshDraft, SshProblem>> => ({
  ...(/^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/.test(draft.address.trim()) ? {} : { address: 'address' as const }),
  ...(Number.isNaN(portOf(draft.port)) ? { port: 'port' as const } : {}),
})

/** What is wrong with how the engine signs in. */
export const signInProblems = (draft: SshDraft): Partial<Record<keyof SshDraft, SshProblem>> => ({
  ...(/^[a-z_][a-z0-9_-]{0,31}$/.test(draft.user.trim()) ? {} : { user: 'user' as const }),
  ...(draft.by === 'password' && draft.password === '' ? { password: 'passwordMissing' as const } : {}),
})

/** The input of `host.fingerprint`, without the cluster. */
export const placeOf = (draft: SshDraft) => ({ address: draft.address.trim(), port: portOf(draft.port) })

/** The member `ssh` of `host.add`, with the fingerprint that somebody confirmed. */
export const sshOf = (draft: SshDraft, fingerprint: string) => ({
  port: portOf(draft.port),
  user: draft.user.trim(),
  fingerprint,
  ...(draft.by === 'password' ? { password: draft.password } : {}),
})
