/**
 * Runs inside another network namespace (`nsenter --net`): accepts on a unix socket, which is visible from everywhere, and passes the
 * bytes to a TCP address in there. Arguments: socket path, host, port. Ends when its standard input does.
 */
import { connect, createServer } from 'node:net'

const [path = '', host = '', port = ''] = process.argv.slice(2)
const server = createServer(near => {
  const far = connect({ host, port: Number(port) })
  near.pipe(far).pipe(near)
  near.on('error', () => far.destroy())
  far.on('error', () => near.destroy())
})
server.listen(path, () => process.stdout.write('ready\n'))
process.stdin.resume().on('end', () => process.exit(0))
