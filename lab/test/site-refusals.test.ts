import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { missingTools } from '../src/images/tools.ts'
import { door, rookery, type Said } from '../src/site/door.ts'
import { ClosedFolder } from '../src/site/folder.ts'
import { freePort } from '../src/site/instance.ts'
import { hostTools } from '../src/site/tools.ts'
import { processesOf } from '../src/site/traces.ts'

const missing = await missingTools(hostTools)
const skip =
  process.getuid?.() !== 0
    ? 'needs root for a real host'
    : missing.length > 0 && `needs the Debian packages ${missing.map(tool => tool.package).join(', ')}`

/** The words that run a program as a user who owns nothing. */
const asNobody = ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--']

// Each case has a data directory of its own; none may leave anything running there.
describe('up that cannot go on says why and what to do', { skip }, () => {
  let folder: ClosedFolder
  const at = (name: string) => join(folder.path, name)

  before(async () => {
    folder = await ClosedFolder.make()
  })
  after(async () => {
    assert.ok(await folder.remove(), `something could not be taken away; see ${folder.path}`)
  })

  const up = async (dataDir: string, words: string[] = [], o: { before?: readonly string[] } = {}) =>
    rookery(['up', '--yes', '--detach', '--json', '--data-dir', dataDir, ...words], o)

  /** The exit code and the two sentences, on both streams; and nothing runs. */
  async function refused(said: Said, dataDir: string, code: number, why: RegExp, todo: RegExp): Promise<void> {
    assert.equal(said.code, code, said.stderr)
    assert.match(said.stderr, why)
    assert.match(said.stderr, todo)
    assert.doesNotMatch(said.stderr, /^ +at /m, 'a person is not shown a stack')
    const { error } = JSON.parse(said.stdout) as { error: { code: string; message: string; todo: string } }
    assert.match(error.message, why)
    assert.match(`${error.message} ${error.todo}`, todo)
    assert.deepEqual(await processesOf(dataDir), [])
  }

  test('a port that is taken: by whom, and how to take another', async t => {
    const server = createServer().listen(0, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const said = await up(at('port'), ['--port', String(port)])
    await refused(said, at('port'), 5, new RegExp(`Port ${port} is taken by .*\\(process ${process.pid}\\)`), /--port/)
  })

  test('an address that is not this machine’s', async () => {
    const said = await up(at('address'), ['--listen', '192.0.2.1'])
    await refused(said, at('address'), 5, /192\.0\.2\.1 is not an address of this machine/, /ip address/)
  })

  test('data of another PostgreSQL: which one, and the ways on', async () => {
    const data = join(at('old'), 'postgres/data')
    await mkdir(data, { recursive: true })
    await writeFile(join(data, 'PG_VERSION'), '13\n')
    const said = await up(at('old'), ['--port', String(await freePort())])
    await refused(said, at('old'), 8, /made by PostgreSQL 13/, /--database/)
  })

  test('another instance on this data directory, and another command on it', async t => {
    await mkdir(join(at('twice'), 'run'), { recursive: true })
    const hold = async (name: string) => {
      const holder = spawn('/usr/bin/flock', [join(at('twice'), 'run', name), 'sh', '-c', 'echo held; exec cat'])
      t.after(() => holder.kill())
      await once(holder.stdout, 'data')
      return async () => {
        holder.stdin.end()
        await once(holder, 'exit')
      }
    }
    const port = String(await freePort())
    const letGo = await hold('command.lock')
    await refused(await up(at('twice'), ['--port', port]), at('twice'), 9, /Another "rookery up" or "down"/, /Wait/)
    await letGo()
    await hold('supervisor.lock')
    const said = await up(at('twice'), ['--port', port])
    await refused(said, at('twice'), 9, /Another instance already works/, /rookery status/)
  })

  test('a disk that is nearly full', async () => {
    // The small file system is mounted in a namespace that ends with the command.
    const mount = 'mount -t tmpfs -o size=64m tmpfs "$0" && exec "$@"'
    const before = ['/usr/bin/unshare', '--mount', '--propagation=private', '/bin/sh', '-c', mount, folder.path]
    await refused(await up(at('full'), [], { before }), at('full'), 6, /are free at/, /Free some space/)
  })

  test('a data directory that a user may not write to', async t => {
    const mayRead = await rookery(['--version'], { before: asNobody })
    if (mayRead.code !== 0) return t.skip(`${dirname(door)} is closed to other users`)
    const said = await up(at('root'), [], { before: asNobody })
    await refused(said, at('root'), 4, /EACCES/, /as root|--data-dir/)
  })

  test('wrong words: which one, and what would be right', async () => {
    for (const [words, why] of [
      [['up', '--port', 'https'], /--port https: this must be a whole number/],
      [['up', '--port', '70000'], /from 1 to 65535/],
      [['up', '--listen', 'example.com'], /--listen example\.com: this must be an IP address/],
      [['up', '--accel', 'warp'], /auto, kvm or tcg/],
      [['up', '--database', 'mysql://user:hidden@db/x'], /postgresql:\/\//],
      [['up', '--prot', '1'], /--port/],
      [['stauts'], /status/],
      [['down', '--timeout', 'soon'], /--timeout soon: this must be a whole number of seconds/],
      [['logs', 'kernel'], /no log of "kernel"/],
    ] as const) {
      const said = await rookery([...words, ...(words[0] === 'stauts' ? [] : ['--data-dir', at('words')])])
      assert.equal(said.code, 2, `${words.join(' ')}: ${said.code} ${said.stderr}`)
      assert.match(said.stderr, why)
      assert.doesNotMatch(said.stderr, /hidden/)
    }
  })

  test('where nothing was ever set up, status says so and down has nothing to do', async () => {
    const status = await rookery(['status', '--data-dir', at('none')])
    assert.equal(status.code, 3)
    assert.match(status.stdout, /Start it with: .*rookery up/)
    const down = await rookery(['down', '--data-dir', at('none')])
    assert.equal(down.code, 0)
    assert.match(down.stdout, /Not running/)
  })
})
