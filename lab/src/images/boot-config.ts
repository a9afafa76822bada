/** What the guest says it booted from. */
export type Media = 'disk' | 'iso'

/**
 * The kernel's command line. Beside the consoles it switches off what costs time under software emulation and serves
 * nobody in a guest that lives for a test: mitigations, the timer check, audit. New memory goes online by itself, a panic
 * restarts. Address randomisation stays on: unpacking a kernel over the code of the one before costs QEMU's translator 7 s
 * at each restart (12.6 s of CPU against 6.5 with 1 GiB of memory), and the first start is no slower for it.
 */
export function kernelCommandLine(media: Media): string {
  return [
    'console=tty0',
    'console=ttyS0,115200',
    'quiet',
    'loglevel=1',
    'mitigations=off',
    'no_timer_check',
    'tsc=unstable',
    'audit=0',
    'cryptomgr.notests',
    'random.trust_cpu=on',
    'memhp_default_state=online',
    'net.ifnames=0',
    'panic=5',
    `rookery.media=${media}`,
  ].join(' ')
}

/** Configuration of syslinux and isolinux, the BIOS loaders: boots at once, speaks on the serial port too. */
export function syslinuxConfig(media: Media): string {
  return [
    'SERIAL 0 115200',
    'DEFAULT tiny',
    'PROMPT 0',
    'TIMEOUT 0',
    'LABEL tiny',
    '  KERNEL /vmlinuz',
    '  INITRD /initrd',
    `  APPEND ${kernelCommandLine(media)}`,
    '',
  ].join('\n')
}

/** Configuration of GRUB, the UEFI loader; Debian's signed one reads it from /EFI/debian. */
export function grubConfig(media: Media): string {
  return [
    'set timeout=0',
    'search --no-floppy --set=root --file /vmlinuz',
    `linux /vmlinuz ${kernelCommandLine(media)}`,
    'initrd /initrd',
    'boot',
    '',
  ].join('\n')
}
