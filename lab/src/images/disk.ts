import { copyFile, mkdir, open, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bytes, MiB } from '@rookery/model'
import { grubConfig, type Media, syslinuxConfig } from './boot-config.ts'
import { masterBootRecord, type Partition, sectorBytes } from './mbr.ts'
import { run } from './run.ts'

/** What every medium boots: kernel and initramfs, and the loaders' files from their packages. */
export interface BootFiles {
  vmlinuz: string
  initrd: string
  /** The signed first and second stage of UEFI. */
  shim: string
  grub: string
  /** Folders of unpacked packages: the installer, its boot code and modules, and the CD's loader. */
  syslinux: string
  syslinuxCommon: string
  isolinux: string
}

/** The label by which the guest finds the partition that remembers. */
const dataLabel = 'ROOKERYDATA'

/** The size of the disk that the guest sees. */
export const diskBytes: Bytes = 64 * MiB
const boot: Partition = { type: 0xef, bootable: true, start: 2048, sectors: (40 * MiB) / sectorBytes }
const data: Partition = { type: 0x83, bootable: false, start: 41 * 2048, sectors: (22 * MiB) / sectorBytes }

/** mtools would refuse images whose geometry it finds odd. */
const mtools = { MTOOLS_SKIP_CHECK: '1' }

/**
 * A disk that BIOS and UEFI boot, also with secure boot: MBR, a FAT partition (active, and EFI system) with kernel,
 * initramfs and both loaders, and a small ext4 partition that remembers.
 */
export async function buildDisk(files: BootFiles, target: string, work: string, signal?: AbortSignal): Promise<void> {
  const raw = join(work, 'disk.raw')
  const fat = join(work, 'boot.fat')
  await makeFat(fat, boot.sectors * sectorBytes, 'ROOKERYBOOT', signal)
  await mcopy(fat, [files.vmlinuz, files.initrd], '::/', signal)
  await putText(fat, syslinuxConfig('disk'), 'syslinux.cfg', work, signal)
  await putEfi(fat, files, 'disk', work, signal)
  // This installer works on a file, without mounting it, by mtools. Run from the unpacked package.
  await run(join(files.syslinux, 'usr/bin/syslinux'), ['--install', fat], { env: mtools, signal })
  const ext4 = join(work, 'data.ext4')
  await writeFile(ext4, '')
  await truncate(ext4, data.sectors * sectorBytes)
  await run('mke2fs', ['-q', '-F', '-t', 'ext4', '-m', '0', '-L', dataLabel, '-E', 'root_owner=0:0', ext4], { signal })

  const code = await readFile(join(files.syslinuxCommon, 'usr/lib/syslinux/mbr/mbr.bin'))
  const disk = await open(raw, 'w')
  try {
    await disk.truncate(diskBytes)
    await disk.write(masterBootRecord(code, [boot, data]), 0, sectorBytes, 0)
    for (const [file, partition] of [
      [fat, boot],
      [ext4, data],
    ] as const) {
      const bytes = await readFile(file)
      await disk.write(bytes, 0, bytes.length, partition.start * sectorBytes)
    }
  } finally {
    await disk.close()
  }
  // Finds the zeros again, so the image holds only what is used.
  await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, target], { signal })
}

/** A CD with the same contents: isolinux for BIOS, a FAT image with the signed loaders for UEFI. */
export async function buildIso(files: BootFiles, target: string, work: string, signal?: AbortSignal): Promise<void> {
  const root = join(work, 'iso')
  await mkdir(join(root, 'isolinux'), { recursive: true })
  await mkdir(join(root, 'boot'))
  await copyFile(files.vmlinuz, join(root, 'vmlinuz'))
  await copyFile(files.initrd, join(root, 'initrd'))
  await copyFile(join(files.isolinux, 'usr/lib/ISOLINUX/isolinux.bin'), join(root, 'isolinux/isolinux.bin'))
  await copyFile(
    join(files.syslinuxCommon, 'usr/lib/syslinux/modules/bios/ldlinux.c32'),
    join(root, 'isolinux/ldlinux.c32'),
  )
  await writeFile(join(root, 'isolinux/isolinux.cfg'), syslinuxConfig('iso'))
  const efi = join(root, 'boot/efi.img')
  await makeFat(efi, 6 * MiB, 'ROOKERYEFI', signal)
  await putEfi(efi, files, 'iso', work, signal)
  const bios = ['-b', 'isolinux/isolinux.bin', '-c', 'isolinux/boot.cat', '-no-emul-boot', '-boot-load-size', '4']
  await run(
    'xorriso',
    [
      ...['-as', 'mkisofs', '-quiet', '-V', 'ROOKERYTINY', '-J', '-R', '-o', target],
      ...[...bios, '-boot-info-table', '-eltorito-alt-boot', '-e', 'boot/efi.img', '-no-emul-boot', root],
    ],
    { signal },
  )
}

async function makeFat(file: string, bytes: Bytes, label: string, signal?: AbortSignal): Promise<void> {
  await writeFile(file, '')
  await truncate(file, bytes)
  // The hidden sectors are those before the partition; a BIOS loader adds them to each address.
  await run('mkfs.vfat', ['-F', bytes > 16 * MiB ? '16' : '12', '-n', label, '-h', String(boot.start), file], {
    signal,
  })
}

async function mcopy(image: string, from: readonly string[], to: string, signal?: AbortSignal): Promise<void> {
  await run('mcopy', ['-o', '-i', image, ...from, to], { env: mtools, signal })
}

async function putText(image: string, text: string, to: string, work: string, signal?: AbortSignal): Promise<void> {
  const file = join(work, 'text')
  await writeFile(file, text)
  await mcopy(image, [file], `::/${to}`, signal)
}

/** The path that firmware looks for is shim's; shim loads grubx64.efi beside it, and that reads /EFI/debian/grub.cfg. */
async function putEfi(
  image: string,
  files: BootFiles,
  media: Media,
  work: string,
  signal?: AbortSignal,
): Promise<void> {
  await run('mmd', ['-i', image, '::/EFI', '::/EFI/BOOT', '::/EFI/debian'], { env: mtools, signal })
  await mcopy(image, [files.shim], '::/EFI/BOOT/BOOTX64.EFI', signal)
  await mcopy(image, [files.grub], '::/EFI/BOOT/grubx64.efi', signal)
  await putText(image, grubConfig(media), 'EFI/debian/grub.cfg', work, signal)
}
