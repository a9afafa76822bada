import type { Duplex } from 'node:stream'
import type { Run } from '../life.ts'

/** The serial line of a pretended guest: says who it is, then echoes what is typed and prompts after each line. */
export function serveSerial(stream: Duplex, run: Run): void {
  const name = run.spec.name.replaceAll(/[^\x20-\x7e]/g, '?')
  const prompt = `${name} login: `
  stream.on('error', () => stream.destroy())
  stream.write(`\r\nSimulated guest ${name} on ttyS0\r\n\r\n${prompt}`)
  stream.on('data', (bytes: Buffer) =>
    stream.write(bytes.toString('latin1').replaceAll(/\r\n?|\n/g, `\r\n${prompt}`), 'latin1'),
  )
  stream.once('end', () => stream.end())
}
