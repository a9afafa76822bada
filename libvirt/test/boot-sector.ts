/**
 * The smallest guest that has a life of its own: one boot sector that greets on the serial port, echoes what it is sent,
 * powers off on `q` or when the power button is pressed, and reboots on `r`.
 */

/** What it prints when it has booted. */
export const GREETING = 'BOOT-SECTOR READY\r\n'

/** 16-bit code, loaded by the BIOS at 0x7c00. `pc` machines have their ACPI registers at 0x600. */
const CODE = [
  [0x31, 0xc0], //         00  xor ax, ax
  [0x8e, 0xd8], //         02  mov ds, ax
  [0xfb], //               04  sti                  so that hlt wakes with the timer
  [0xba, 0x02, 0x06], //   05  mov dx, 0x602        PM1 enable:
  [0xb8, 0x00, 0x01], //   08  mov ax, 0x100          the power button
  [0xef], //               0b  out dx, ax
  [0xbe, 0x4c, 0x7c], //   0c  mov si, greeting
  [0xac], //               0f  next: lodsb
  [0x84, 0xc0], //         10  test al, al
  [0x74, 0x06], //         12  jz loop
  [0xba, 0xf8, 0x03], //   14  mov dx, 0x3f8        first serial port
  [0xee], //               17  out dx, al
  [0xeb, 0xf5], //         18  jmp next
  [0xba, 0x00, 0x06], //   1a  loop: mov dx, 0x600  PM1 status:
  [0xed], //               1d  in ax, dx
  [0xf6, 0xc4, 0x01], //   1e  test ah, 1             the power button
  [0x75, 0x1f], //         21  jnz off
  [0xba, 0xfd, 0x03], //   23  mov dx, 0x3fd        line status:
  [0xec], //               26  in al, dx
  [0xa8, 0x01], //         27  test al, 1             a byte has come
  [0x75, 0x03], //         29  jnz got
  [0xf4], //               2b  hlt
  [0xeb, 0xec], //         2c  jmp loop
  [0xba, 0xf8, 0x03], //   2e  got: mov dx, 0x3f8
  [0xec], //               31  in al, dx
  [0xee], //               32  out dx, al
  [0x3c, 0x71], //         33  cmp al, 'q'
  [0x74, 0x0b], //         35  je off
  [0x3c, 0x72], //         37  cmp al, 'r'
  [0x75, 0xdf], //         39  jne loop
  [0xb0, 0xfe], //         3b  mov al, 0xfe         keyboard controller: reset
  [0xe6, 0x64], //         3d  out 0x64, al
  [0xf4], //               3f  hlt
  [0xeb, 0xfd], //         40  jmp -1
  [0xba, 0x04, 0x06], //   42  off: mov dx, 0x604   PM1 control:
  [0xb8, 0x00, 0x20], //   45  mov ax, 0x2000         soft off
  [0xef], //               48  out dx, ax
  [0xf4], //               49  hlt
  [0xeb, 0xfd], //         4a  jmp -1
].flat()

/** The raw disk image. */
export function bootSector(): Buffer {
  const sector = Buffer.alloc(64 * 1024)
  Buffer.from(CODE).copy(sector)
  sector.write(GREETING, CODE.length, 'latin1')
  sector.writeUInt16LE(0xaa55, 510)
  return sector
}
