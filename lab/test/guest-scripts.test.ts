import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { run } from '../src/images/run.ts'
import { guestFiles } from '../src/images/initramfs.ts'

// The guest reads these with busybox's awk; they keep to what every awk knows, so this machine's will do.

const script = (name: string): string => join(guestFiles, 'lib/rookery', name)
const lines = (text: string): string[] => text.split('\n').filter(line => line !== '')

/** What yaml.awk makes of a document: its records, and its scripts in order. */
async function readYaml(text: string): Promise<{ records: string[]; scripts: string[] }> {
  const commands = await mkdtemp(join(tmpdir(), 'rookery-yaml.'))
  try {
    const records = lines(await run('awk', ['-v', `commands=${commands}`, '-f', script('yaml.awk')], { input: text }))
    const files = (await readdir(commands)).sort()
    const scripts = await Promise.all(files.map(file => readFile(join(commands, file), 'utf8')))
    return { records, scripts }
  } finally {
    await rm(commands, { recursive: true })
  }
}

test('JSON is flattened, escapes undone, whatever is nested', async () => {
  const value = {
    uuid: 'u-1',
    public_keys: { 'my key': 'ssh-rsa A\nB' },
    meta: { hostname: 'not this' },
    list: [1, { yes: true }, [], null],
    hostname: 'w\u0041"\\é',
    empty: {},
  }
  assert.deepEqual(lines(await run('awk', ['-f', script('json.awk')], { input: JSON.stringify(value, null, 1) })), [
    'uuid\tu-1',
    'public_keys.my key\tssh-rsa A B',
    'meta.hostname\tnot this',
    'list.0\t1',
    'list.1.yes\ttrue',
    'list.3\tnull',
    'hostname\twA"\\é',
  ])
})

test('what is not JSON ends all the same', async () => {
  for (const input of ['', '{', '[}', '{"a', '{"a" "b"}', 'x]']) await run('awk', ['-f', script('json.awk')], { input })
})

test('metadata gives its scalars and lists', async () => {
  const text =
    "instance-id: \"i-1\"   # comment\r\nlocal-hostname: 'it''s'\r\npublic-keys:\r\n  - ssh-rsa A me\r\n  - ssh-rsa B\r\n"
  assert.deepEqual((await readYaml(text)).records, [
    'instance-id\ti-1',
    "local-hostname\tit's",
    'public-keys.0\tssh-rsa A me',
    'public-keys.1\tssh-rsa B',
  ])
})

test('keys are found at the top and under users, and nowhere else', async () => {
  const text = `#cloud-config
users:
  - default
  - name: bob
    ssh_authorized_keys:
      - ssh-rsa BOB
    groups: [ wheel, users ]
  - name: al
    ssh_authorized_keys: [ "ssh-rsa AL", 'ssh-rsa AL2' ]
chpasswd:
  expire: false
  ssh_authorized_keys:
    - not this
ssh_authorized_keys:
- ssh-rsa TOP
`
  assert.deepEqual(
    (await readYaml(text)).records.map(record => record.split('\t')[1]),
    ['ssh-rsa BOB', 'ssh-rsa AL', 'ssh-rsa AL2', 'ssh-rsa TOP'],
  )
})

test('each way to write a command becomes one script', async () => {
  const text = `#cloud-config
runcmd:
- echo plain # comment
- 'sed -i ''/^x: /d'' /etc/c;
  echo [''folded'']'
- "echo \\"double\\" $HOME"
- [ echo, "two  words", 'it''s' ]
- - ls
  - -l /tmp
- |
  if true; then
    echo literal
  fi
- >
  echo folded
  block
final_message: done
`
  const { records, scripts } = await readYaml(text)
  assert.deepEqual(records, ['final_message\tdone'])
  assert.deepEqual(scripts, [
    'echo plain\n',
    "sed -i '/^x: /d' /etc/c; echo ['folded']\n",
    'echo "double" $HOME\n',
    "'echo' 'two  words' 'it'\\''s'\n",
    "'ls' '-l /tmp'\n",
    'if true; then\n  echo literal\nfi\n',
    'echo folded block\n',
  ])
})
