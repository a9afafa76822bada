import { readdir, readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Finding, check, good, poor } from '../finding.ts'
import { t } from '../text.ts'

const codes = [
  'doctor.keys.none',
  'doctor.keys.ok',
  'doctor.keys.file_name',
  'doctor.keys.key_type',
  'doctor.keys.mode',
] as const

/** What lies in ~/.ssh, without any key itself. */
export interface KeyFacts {
  readonly folder: string
  /** Permission bits of the folder; absent where there is none. */
  readonly folderMode: number | undefined
  readonly files: readonly {
    readonly name: string
    readonly mode: number
    /** Lines that begin with a misspelt key type. */
    readonly wrongTypes: readonly { readonly line: number; readonly word: string; readonly right: string }[]
  }[]
}

/**
 * Mistakes with authorized keys that are common because instructions were copied with them (R75). Rookery needs no keys; hosts join by
 * a token. So where no such file lies, there is nothing to say.
 */
export const keys = check({
  topic: 'keys',
  title: t('SSH keys', 'SSH 키'),
  codes,
  gather: gatherKeys,
  decide: keyFindings,
})

/** sshd reads this name and no other (unless it was told to). */
const RIGHT = 'authorized_keys'
const mistaken = /^authori[sz]ed?[._-]?keys?(\.txt)?$/i

/** How key types are misspelt. */
const types: readonly (readonly [RegExp, string])[] = [
  [/^(sh|shs|ssh_|sssh|ssh)-?rsa$/i, 'ssh-rsa'],
  [/^(sh|shs|ssh_|sssh|ssh)-?ed25519$/i, 'ssh-ed25519'],
  [/^(ecsda|edcsa|escda)-sha2-nistp256$/i, 'ecdsa-sha2-nistp256'],
]

async function gatherKeys(): Promise<KeyFacts> {
  const folder = join(homedir(), '.ssh')
  const names = (await readdir(folder).catch(() => [] as string[])).filter(
    name => mistaken.test(name) || name === RIGHT,
  )
  const files = names.sort().map(async name => ({
    name,
    mode: (await stat(join(folder, name))).mode & 0o777,
    wrongTypes: wrongTypes(await readFile(join(folder, name), 'utf8')),
  }))
  const found = await stat(folder).catch(() => undefined)
  return { folder, folderMode: found && found.mode & 0o777, files: await Promise.all(files) }
}

/** Pure: the lines of an authorized keys file whose key type is misspelt. Options may stand before the type. */
export function wrongTypes(text: string): KeyFacts['files'][number]['wrongTypes'] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim().startsWith('#')) return []
    for (const word of line.trim().split(/\s+/).slice(0, 2)) {
      const right = types.find(([wrong]) => wrong.test(word))?.[1]
      if (right !== undefined && right !== word) return [{ line: i + 1, word, right }]
    }
    return []
  })
}

export function keyFindings(f: KeyFacts): Finding<(typeof codes)[number]>[] {
  const found: Finding<(typeof codes)[number]>[] = []
  for (const file of f.files) {
    const path = join(f.folder, file.name)
    if (file.name !== RIGHT)
      found.push(
        poor('doctor.keys.file_name', {
          what: t(`sshd never reads ${path}.`, `sshd는 ${path} 파일을 읽지 않습니다.`),
          why: t(
            `The file is called ${RIGHT}, with an underscore and an s at the end; this one is called ${file.name}.`,
            `올바른 파일 이름: ${RIGHT}(밑줄이 있고 끝에 s). 지금 이름: ${file.name}.`,
          ),
          next: t(
            'Add its lines to the right file and take it away:',
            '올바른 파일에 내용을 더하고 이 파일은 지우십시오.',
          ),
          run: [`cat '${path}' >> ${f.folder}/${RIGHT} && chmod 600 ${f.folder}/${RIGHT} && rm '${path}'`],
        }),
      )
    for (const w of file.wrongTypes)
      found.push(
        poor('doctor.keys.key_type', {
          what: t(`The key in line ${w.line} of ${path} is ignored.`, `${path} ${w.line}행의 키는 무시됩니다.`),
          why: t(
            `It says ${w.word}; the type is called ${w.right}.`,
            `"${w.word}" 대신 "${w.right}"라고 적어야 합니다.`,
          ),
          next: t('Correct the word:', '낱말을 고치십시오.'),
          run: [`sed -i '${w.line}s/${w.word}/${w.right}/' '${path}'`],
        }),
      )
    if (file.mode & 0o022) found.push(loose(path, file.mode, '600'))
  }
  if (f.files.length && f.folderMode !== undefined && f.folderMode & 0o022)
    found.push(loose(f.folder, f.folderMode, '700'))
  if (found.length) return found
  return f.files.length
    ? [good('doctor.keys.ok', t(`${f.folder}/${RIGHT} reads well`, `${f.folder}/${RIGHT} 문제 없음`))]
    : [good('doctor.keys.none', t('none, and none are needed', '없으며 필요하지도 않습니다'))]
}

const loose = (path: string, mode: number, right: string) =>
  poor('doctor.keys.mode', {
    what: t(
      `sshd refuses the keys: others may write to ${path}.`,
      `다른 사용자가 ${path} 위치에 쓸 수 있어 sshd가 키를 거부합니다.`,
    ),
    why: t(`Its mode is ${mode.toString(8)}; ${right} is right.`, `모드 ${mode.toString(8)}, 올바른 모드 ${right}.`),
    next: t('Close it:', '권한을 줄이십시오.'),
    run: [`chmod ${right} '${path}'`],
  })
