import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { missingForDaemons } from '../../libvirt/test/daemon.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')
const missing = process.getuid?.() === 0 ? await missingForDaemons() : 'needs root'

let folder = ''
after(async () => void (folder !== '' && (await rm(folder, { recursive: true, force: true }))))

/** Commands in a copy of this machine's file system that is gone with them: an overlay, in a mount namespace of its own. */
const inCopy = async (script: string): Promise<string> => {
  const outer = `set -e
mount -t tmpfs tmpfs /mnt && mkdir /mnt/up /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/up,workdir=/mnt/work /mnt/root
mount -t proc proc /mnt/root/proc && mount --rbind /dev /mnt/root/dev && mount -t tmpfs tmpfs /mnt/root/run
mkdir -p /mnt/root/deb && cp ${folder}/*.deb /mnt/root/deb/
chroot /mnt/root /bin/sh -e`
  const child = run('unshare', ['--mount', '--pid', '--fork', '--propagation=private', 'sh', '-c', outer], {
    maxBuffer: 1 << 24,
  })
  child.child.stdin?.end(`PATH=/usr/sbin:/usr/bin:/sbin:/bin\nexport PATH LC_ALL=C\n${script}`)
  return (await child).stdout
}

test('the Debian package of the agent is built without network, installs, runs, and goes with all that it had', {
  skip: missing ?? false,
  timeout: 900_000,
}, async t => {
  folder = await mkdtemp('/var/tmp/rookery-deb-test.')
  // A network namespace without a network: nothing can be fetched.
  await run('unshare', ['--net', process.execPath, join(root, 'scripts/agent-deb.ts'), '--out', folder])
  const began = Date.now()
  const said = await inCopy(`
dpkg --install /deb/rookery-agent_*.deb >/dev/null
dpkg --status rookery-agent | grep ^Status
/opt/rookery-agent/node --version
rookery-agent 2>&1 | grep 'join TOKEN' || true
rookery-agent join nonsense 2>&1 || echo "refused with $?"
mkdir -p /var/opt/rookery-agent && echo secret > /var/opt/rookery-agent/state
dpkg --remove rookery-agent >/dev/null && test -e /var/opt/rookery-agent/state && test ! -e /opt/rookery-agent
dpkg --purge rookery-agent >/dev/null && test ! -e /var/opt/rookery-agent
echo all gone`)
  t.diagnostic(`installed, run, removed and purged in ${((Date.now() - began) / 1000).toFixed(1)} s`)
  assert.match(said, /Status: install ok installed/)
  assert.match(said, new RegExp(`^${process.version}$`, 'm'))
  assert.match(said, /rookery-agent join TOKEN/)
  assert.match(said, /no join token.*\nrefused with 1/)
  assert.match(said, /all gone\n$/)
})
