import { createServer } from 'node:net'

/**
 * Opens a listening socket where it is started, in the network namespace of the lab's wires, and hands it to the process that started it,
 * which lives in the machine's own. Ends with that.
 */
const [host = '', port = ''] = process.argv.slice(2)
const server = createServer()
server.listen({ host, port: Number(port) }, () => {
  process.send?.('listening', server, {}, error => process.exit(error ? 1 : 0))
})
