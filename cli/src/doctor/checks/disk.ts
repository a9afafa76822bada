import { access, constants, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { humanBytes } from '@rookery/model'
import { DISK_GOOD, DISK_LEAST, FILES_LEAST } from '../../up/preflight.ts'
import { type Finding, bad, check, good, poor } from '../finding.ts'
import { t } from '../text.ts'

const codes = [
  'doctor.disk.ok',
  'doctor.disk.full',
  'doctor.disk.low',
  'doctor.disk.no_files_left',
  'doctor.disk.read_only',
  'doctor.disk.in_memory',
] as const

/** The file system below the data directory. Sizes in bytes. */
export interface DiskFacts {
  readonly dataDir: string
  /** The nearest folder that exists. */
  readonly at: string
  readonly free: number
  readonly total: number
  /** How many more files it can hold; absent where the file system does not count them. */
  readonly freeFiles: number | undefined
  readonly readOnly: boolean
  /** tmpfs and ramfs: gone with the next boot. */
  readonly inMemory: boolean
}

/** Types of file systems that live in memory, as statfs(2) numbers them. */
const memoryTypes = new Set([0x01021994, 0x858458f6])

/** Space, room for files, and whether what is written stays. */
export const disk = check({
  topic: 'disk',
  title: t('disk', '디스크'),
  codes,
  gather: async s => gatherDisk(s.paths.dataDir),
  decide: diskFindings,
})

async function gatherDisk(dataDir: string): Promise<DiskFacts> {
  let at = dataDir
  while (!(await stat(at).catch(() => undefined)) && at !== dirname(at)) at = dirname(at)
  const fs = await statfs(at)
  const error = await access(at, constants.W_OK).catch((e: NodeJS.ErrnoException) => e)
  return {
    dataDir,
    at,
    free: fs.bavail * fs.bsize,
    total: fs.blocks * fs.bsize,
    freeFiles: fs.files > 0 ? fs.ffree : undefined,
    readOnly: error?.code === 'EROFS',
    inMemory: memoryTypes.has(fs.type),
  }
}

export function diskFindings(f: DiskFacts): Finding<(typeof codes)[number]>[] {
  const seen = t(
    `${humanBytes(f.free)} of ${humanBytes(f.total)} are free at ${f.at}.`,
    `${f.at}: ${humanBytes(f.total)} 중 ${humanBytes(f.free)} 사용 가능.`,
  )
  const elsewhere = t(
    'Free some space (the largest folders are shown by the first command), or put the instance elsewhere:',
    '공간을 비우거나(첫 명령이 큰 폴더를 보여 줍니다) 인스턴스를 다른 곳에 두십시오.',
  )
  const space = [`du -xh --max-depth=2 ${f.at} | sort -h | tail`, './rookery up --data-dir /somewhere/else']
  const found: Finding<(typeof codes)[number]>[] = []
  if (f.readOnly)
    found.push(
      bad('doctor.disk.read_only', {
        what: t(`Nothing can be written to ${f.at}.`, `${f.at} 폴더에 쓸 수 없습니다.`),
        why: t(
          'Its file system is mounted read-only: on purpose, or by the kernel after an error of the disk.',
          '파일 시스템이 읽기 전용으로 마운트되어 있습니다. 의도한 것이거나 디스크 오류 뒤에 커널이 바꾼 것입니다.',
        ),
        next: t(
          'See what the kernel said, then mount it for writing:',
          '커널 메시지를 확인한 뒤 쓰기 가능하게 다시 마운트하십시오.',
        ),
        run: ['dmesg | tail -30', `mount -o remount,rw "$(findmnt -no TARGET -T ${f.at})"`],
      }),
    )
  if (f.free < DISK_LEAST)
    found.push(
      bad('doctor.disk.full', {
        what: t('The disk of the data directory is nearly full.', '데이터 폴더의 디스크가 거의 찼습니다.'),
        why: t(
          `${seen.en} At least ${humanBytes(DISK_LEAST)} are needed.`,
          `${seen.ko} 최소 ${humanBytes(DISK_LEAST)} 필요합니다.`,
        ),
        next: elsewhere,
        run: space,
      }),
    )
  else if (f.freeFiles !== undefined && f.freeFiles < FILES_LEAST)
    found.push(
      bad('doctor.disk.no_files_left', {
        what: t(
          'The disk of the data directory can hold hardly any more files.',
          '데이터 폴더의 디스크에 파일을 더 만들 여유가 거의 없습니다.',
        ),
        why: t(
          `${f.freeFiles} more files fit at ${f.at}, though ${humanBytes(f.free)} are free: its inodes are used up.`,
          `${f.at}에는 ${humanBytes(f.free)} 남아 있지만 파일은 ${f.freeFiles}개만 더 만들 수 있습니다(inode 소진).`,
        ),
        next: t(
          'Remove small files (the first command shows where most are), or put the instance elsewhere:',
          '작은 파일을 지우거나(첫 명령이 많은 곳을 보여 줍니다) 인스턴스를 다른 곳에 두십시오.',
        ),
        run: [`du -x --inodes --max-depth=2 ${f.at} | sort -n | tail`, './rookery up --data-dir /somewhere/else'],
      }),
    )
  else if (f.free < DISK_GOOD)
    found.push(
      poor('doctor.disk.low', {
        what: t(
          'There is room to try Rookery, not for many disks.',
          '시험해 볼 공간은 있지만 디스크를 많이 만들 수는 없습니다.',
        ),
        why: seen,
        next: elsewhere,
        run: space,
      }),
    )
  if (f.inMemory)
    found.push(
      poor('doctor.disk.in_memory', {
        what: t(
          `What is kept in ${f.dataDir} is gone after a reboot.`,
          `${f.dataDir} 폴더의 내용은 재부팅하면 사라집니다.`,
        ),
        why: t(
          `${f.at} is on a file system in memory (tmpfs).`,
          `${f.at} 위치는 메모리 위의 파일 시스템(tmpfs)입니다.`,
        ),
        next: t('Choose a folder on a disk:', '디스크에 있는 폴더를 선택하십시오.'),
        run: ['./rookery up --data-dir /var/lib/rookery'],
      }),
    )
  return found.length ? found : [good('doctor.disk.ok', t(seen.en.replace(/\.$/, ''), seen.ko.replace(/\.$/, '')))]
}
