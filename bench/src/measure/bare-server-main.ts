/** `node bare-server-main.ts KEY CERT BYTES FILE`: the server of `bare-server.ts`. Prints its port; ends by SIGTERM. */
import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream, readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'

const [, , key = '', cert = '', bytes = '0', file = ''] = process.argv
const answer = randomBytes(Math.ceil(Number(bytes) / 2))
  .toString('hex')
  .slice(0, Number(bytes))

const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, async (request, response) => {
  try {
    // As Node offers it: a pipe into a file, which is on disk when it closes.
    if (request.method === 'PUT') await pipeline(request, createWriteStream(file, { flush: true }))
    else if (request.url === '/file') return await pipeline(createReadStream(file), response)
    response.writeHead(200, { 'content-type': 'text/plain' }).end(request.method === 'PUT' ? '' : answer)
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
})

server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
process.once('SIGTERM', () => process.exit(0))
