import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { account, SERVICE_USER } from '../../system/account.ts'
import { exec } from '../../system/exec.ts'
import { type Finding, bad, check, good } from '../finding.ts'
import { closedTo, type Entry, type User } from '../rights.ts'
import type { Scene } from '../scene.ts'
import { t } from '../text.ts'

const codes = [
  'doctor.permissions.ok',
  'doctor.permissions.closed',
  'doctor.permissions.owner',
  'doctor.permissions.no_namespaces',
] as const

/** Who has to reach what. */
export interface PermissionFacts {
  readonly root: boolean
  /** Whether root may make mount namespaces here; undefined without root, which needs none. */
  readonly namespaces: boolean | undefined
  readonly dataDir: string
  /** Folders below a closed one are no trouble: the instance's processes see them at another place. */
  readonly closedAbove: string | undefined
  /** Folders that a user has to pass, in order, from the data directory down; only those that exist. */
  readonly ways: readonly { readonly user: User; readonly folders: readonly Entry[] }[]
  /** Folders that must belong to a user. */
  readonly owned: readonly { readonly user: User; readonly folder: Entry }[]
}

/** Whether the users that PostgreSQL and QEMU run as can reach what is theirs. */
export const permissions = check({
  topic: 'permissions',
  title: t('permissions', '권한'),
  codes,
  gather: gatherPermissions,
  decide: permissionFindings,
})

/** The group that owns storage (docs/decisions/storage-ownership.md); QEMU's user is in it in the instance's namespace. */
const STORAGE_GROUP = 36

async function gatherPermissions(s: Scene): Promise<PermissionFacts> {
  const p = s.paths
  const asRoot = s.root && s.settings?.root !== false
  const [service, qemu] = await Promise.all([account(SERVICE_USER), account('libvirt-qemu')])
  const postgres: User | undefined = service && { name: service.name, uid: service.uid, gids: [service.gid] }
  const emulator: User | undefined = qemu && { name: qemu.name, uid: qemu.uid, gids: [qemu.gid, STORAGE_GROUP] }
  const way = async (user: User | undefined, ...names: string[][]) =>
    user
      ? [
          {
            user,
            folders: (await Promise.all(names.map(n => entry(join(p.dataDir, ...n))))).filter(e => e !== undefined),
          },
        ]
      : []
  const own = async (user: User | undefined, folder: string) => {
    const found = await entry(folder)
    return user && found ? [{ user, folder: found }] : []
  }
  return {
    root: s.root,
    namespaces: s.root ? (await exec(['unshare', '--mount', '--propagation=private', 'true'])).code === 0 : undefined,
    dataDir: p.dataDir,
    closedAbove: await firstClosed(p.dataDir),
    ways: asRoot
      ? [
          ...(await way(postgres, [], ['postgres'], ['postgres', 'data'])),
          ...(await way(emulator, [], ['storage'], ['storage', 'data'])),
          ...(await way(emulator, [], ['storage'], ['storage', 'iso'])),
        ]
      : [],
    owned: asRoot ? [...(await own(postgres, p.postgresData)), ...(await own(postgres, p.engine))] : [],
  }
}

async function entry(path: string): Promise<Entry | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  return found && { path, uid: found.uid, gid: found.gid, mode: found.mode & 0o7777 }
}

/** The first folder above the data directory that others may not pass. */
async function firstClosed(dataDir: string): Promise<string | undefined> {
  const names = dataDir.split('/').filter(Boolean).slice(0, -1)
  for (let i = 1; i <= names.length; i++) {
    const found = await entry(`/${names.slice(0, i).join('/')}`)
    if (found && (found.mode & 0o001) === 0) return found.path
  }
  return undefined
}

export function permissionFindings(f: PermissionFacts): Finding<(typeof codes)[number]>[] {
  const found: Finding<(typeof codes)[number]>[] = []
  if (f.namespaces === false)
    found.push(
      bad('doctor.permissions.no_namespaces', {
        what: t('Rookery cannot make a mount namespace here.', '여기서는 마운트 네임스페이스를 만들 수 없습니다.'),
        why: t(
          'Root may not use unshare(2): this container runs without the capability SYS_ADMIN, or a seccomp profile forbids it.',
          'root가 unshare(2)를 사용할 수 없습니다. 컨테이너에 SYS_ADMIN 권한이 없거나 seccomp 프로파일이 막고 있습니다.',
        ),
        next: t(
          'Start the container with that capability, or run Rookery without root (simulated hosts):',
          '그 권한으로 컨테이너를 시작하거나 root 없이 실행하십시오(모의 호스트).',
        ),
        run: ['docker run --cap-add SYS_ADMIN --security-opt seccomp=unconfined …'],
      }),
    )
  const told = new Set<string>()
  for (const { user, folders } of f.ways)
    for (const folder of folders) {
      if (!closedTo(user, folder) || told.has(folder.path)) continue
      told.add(folder.path)
      found.push(closed(user, folder))
    }
  for (const { user, folder } of f.owned)
    if (folder.uid !== user.uid)
      found.push(
        bad('doctor.permissions.owner', {
          what: t(
            `${folder.path} does not belong to the user ${user.name}, who has to write there.`,
            `${folder.path} 폴더가 이곳에 써야 하는 ${user.name} 사용자의 것이 아닙니다.`,
          ),
          why: t(
            `It belongs to user number ${folder.uid}; engine and PostgreSQL run as ${user.name} (${user.uid}). PostgreSQL refuses to start on files of another.`,
            `소유자 번호: ${folder.uid}. 엔진과 PostgreSQL은 ${user.name}(${user.uid}) 사용자로 실행되며 PostgreSQL은 다른 사용자의 파일로 시작하지 않습니다.`,
          ),
          next: t('Give it back:', '소유자를 되돌리십시오.'),
          run: [`chown -R ${user.name}: '${folder.path}'`],
        }),
      )
  if (found.length) return found
  if (!f.root)
    return [
      good('doctor.permissions.ok', t('without root there is one user only', 'root가 아니면 사용자는 한 명뿐입니다')),
    ]
  return [
    good(
      'doctor.permissions.ok',
      f.closedAbove
        ? t(
            `${f.closedAbove} is closed to others; it may stay so`,
            `${f.closedAbove} 폴더는 다른 사용자에게 닫혀 있으며 그대로 두어도 됩니다`,
          )
        : t('every user reaches what is theirs', '각 사용자가 필요한 폴더에 접근할 수 있습니다'),
    ),
  ]
}

const closed = (user: User, folder: Entry) =>
  bad('doctor.permissions.closed', {
    what: t(
      `${folder.path} is closed to ${user.name}, who has to pass it.`,
      `${folder.path} 폴더를 지나야 하는 ${user.name} 사용자에게 닫혀 있습니다.`,
    ),
    why: t(
      `Its mode is ${folder.mode.toString(8).padStart(4, '0')}, its owner ${folder.uid}:${folder.gid}. ${user.name === SERVICE_USER ? 'Engine and PostgreSQL run' : 'QEMU runs'} as ${user.name}, not as root, and cannot reach what lies below.`,
      `모드 ${folder.mode.toString(8).padStart(4, '0')}, 소유자 ${folder.uid}:${folder.gid}. ${user.name === SERVICE_USER ? '엔진과 PostgreSQL은' : 'QEMU는'} root가 아니라 ${user.name} 사용자로 실행되어 그 아래에 접근할 수 없습니다.`,
    ),
    next: t('Let users pass it (they cannot list it):', '지나갈 수 있게 하십시오(목록은 볼 수 없습니다).'),
    run: [
      user.uid === folder.uid
        ? `chmod u+x '${folder.path}'`
        : user.gids.includes(folder.gid)
          ? `chmod g+x '${folder.path}'`
          : `chmod o+x '${folder.path}'`,
    ],
  })
