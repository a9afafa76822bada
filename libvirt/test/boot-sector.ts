/**
 * The smallest guest that has a life of its own: one boot sector that greets on the serial port and echoes what it is
 * sent. On `q`, and when the power button is pressed, it powers off; on `r` it reboots; on `w` it writes 16 KiB to the
 * second disk.
 */

/** What it prints when it has booted. */
export const GREETING = 'BOOT-SECTOR READY\r\n'

/** 16-bit code, loaded by the BIOS at 0x7c00. `pc` machines have their ACPI registers at 0x600. */
const CODE = [
  [0x31, 0xc0], //         00  xor ax, ax
  [0x8e, 0xd8], //         02  mov ds, ax
  [0x8e, 0xc0], //         04  mov es, ax
  [0xfb], //               06  sti                  so that hlt wakes with the timer
  [0xba, 0x02, 0x06], //   07  mov dx, 0x602        PM1 enable:
  [0xb8, 0x00, 0x01], //   0a  mov ax, 0x100          the power button
  [0xef], //               0d  out dx, ax
  [0xbe, 0x62, 0x7c], //   0e  mov si, greeting
  [0xac], //               11  next: lodsb
  [0x84, 0xc0], //         12  test al, al
  [0x74, 0x06], //         14  jz loop
  [0xba, 0xf8, 0x03], //   16  mov dx, 0x3f8        first serial port
  [0xee], //               19  out dx, al
  [0xeb, 0xf5], //         1a  jmp next
  [0xba, 0x00, 0x06], //   1c  loop: mov dx, 0x600  PM1 status:
  [0xed], //               1f  in ax, dx
  [0xf6, 0xc4, 0x01], //   20  test ah, 1             the power button
  [0x75, 0x33], //         23  jnz off
  [0xba, 0xfd, 0x03], //   25  mov dx, 0x3fd        line status:
  [0xec], //               28  in al, dx
  [0xa8, 0x01], //         29  test al, 1             a byte has come
  [0x75, 0x03], //         2b  jnz got
  [0xf4], //               2d  hlt
  [0xeb, 0xec], //         2e  jmp loop
  [0xba, 0xf8, 0x03], //   30  got: mov dx, 0x3f8
  [0xec], //               33  in al, dx
  [0xee], //               34  out dx, al
  [0x3c, 0x71], //         35  cmp al, 'q'
  [0x74, 0x1f], //         37  je off
  [0x3c, 0x77], //         39  cmp al, 'w'
  [0x74, 0x0b], //         3b  je write
  [0x3c, 0x72], //         3d  cmp al, 'r'
  [0x75, 0xdb], //         3f  jne loop
  [0xb0, 0xfe], //         41  mov al, 0xfe         keyboard controller: reset
  [0xe6, 0x64], //         43  out 0x64, al
  [0xf4], //               45  hlt
  [0xeb, 0xfd], //         46  jmp -1
  [0xb8, 0x20, 0x03], //   48  write: mov ax, 0x320 BIOS: write 32 sectors
  [0xb9, 0x02, 0x00], //   4b  mov cx, 2            from the second one
  [0xba, 0x81, 0x00], //   4e  mov dx, 0x81         of the second disk
  [0xbb, 0x00, 0x7c], //   51  mov bx, 0x7c00
  [0xcd, 0x13], //         54  int 0x13
  [0xeb, 0xc4], //         56  jmp loop
  [0xba, 0x04, 0x06], //   58  off: mov dx, 0x604   PM1 control:
  [0xb8, 0x00, 0x20], //   5b  mov ax, 0x2000         soft off
  [0xef], //               5e  out dx, ax
  [0xf4], //               5f  hlt
  [0xeb, 0xfd], //         60  jmp -1
].flat()

/** The raw disk image. */
export function bootSector(): Buffer {
  const image = Buffer.alloc(64 * 1024)
  Buffer.from(CODE).copy(image)
  image.write(GREETING, CODE.length, 'latin1')
  image.writeUInt16LE(0xaa55, 510)
  return image
}
