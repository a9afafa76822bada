import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Group, Setting } from '../groups.ts'
import { playedLab } from '../harness/lab.ts'
import { type AnsibleClient, ansibleClient } from '../harness/preparation.ts'
import { type Report, Skip, sentence } from '../harness/report.ts'
import { lastWords, runProgram } from '../harness/run-program.ts'
import { clientEnvironment } from './recorded.ts'

const books = join(import.meta.dirname, '..', 'ansible')

/**
 * The oVirt collection of Ansible. Each book `NAME.yml` is played twice against the instance: the second time must change nothing, which
 * is what people rely on. `NAME.cleanup.yml` takes away what it made, whatever happened.
 */
export const ansibleGroup: Group = {
  name: 'ansible',
  async run(report, setting) {
    const client = await prepared(report, setting.cache)
    if (client === undefined) return
    report.say(`  ${client.versions.join(', ')}`)
    const env = await environment(setting, client)
    const wanted = async (folder: string) =>
      (await readdir(join(books, folder)))
        .filter(file => file.endsWith('.yml') && !file.endsWith('.cleanup.yml'))
        .map(file => join(folder, file.slice(0, -'.yml'.length)))
        .filter(name => setting.parts.length === 0 || setting.parts.some(part => `${name}/`.startsWith(`${part}/`)))
        .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    for (const name of await wanted('')) await playTwice(report, client, env, name)
    const inLab = await wanted('lab')
    if (inLab.length === 0) return
    const lab = await report.group('lab').check('a lab is up', () => playedLab(setting.instance.dataDir))
    if (lab === undefined) return
    try {
      for (const name of inLab)
        await playTwice(report, client, { ...env, ...lab.env }, name, async () => {
          // A host that has another agent than its engine: as after the engine was upgraded.
          if (name === 'lab/2-host-upgraded')
            await lab.exec('sh', '-c', 'echo "// older" >> /opt/rookery-agent/agent.mjs')
        })
    } finally {
      await report.group('lab').check('the lab is taken away', () => lab.down())
    }
  },
}

/** A book, twice; `before` arranges what it is about to change. */
async function playTwice(
  report: Report,
  client: AnsibleClient,
  env: NodeJS.ProcessEnv,
  name: string,
  before: () => Promise<void> = async () => {},
): Promise<void> {
  const own = report.group(name)
  try {
    await before()
    const first = await own.check('plays', () => play(client, env, `${name}.yml`))
    if (first === undefined) return
    await own.check('changed something the first time', () => {
      if (first.changed === 0) throw new Error('nothing was changed: something of an earlier run is still there')
    })
    await own.check('plays again and changes nothing', async () => {
      const again = await play(client, env, `${name}.yml`)
      if (again.changed > 0) throw new Error(`${again.changed} changed: ${again.tasks.join(', ')}`)
    })
  } finally {
    if (existsSync(join(books, `${name}.cleanup.yml`)))
      await own.check('is cleaned up', () => play(client, env, `${name}.cleanup.yml`))
  }
}

async function prepared(report: Report, cache: string): Promise<AnsibleClient | undefined> {
  try {
    return await ansibleClient(cache)
  } catch (error) {
    if (error instanceof Skip) report.skip('everything', error.message)
    else report.fail('the client is installed', sentence(error))
    return undefined
  }
}

/** The modules read who they are from the environment, as people do it too. */
async function environment(setting: Setting, client: AnsibleClient): Promise<NodeJS.ProcessEnv> {
  const { instance } = setting
  return {
    ...(await clientEnvironment(setting, instance.origin)),
    ANSIBLE_COLLECTIONS_PATH: client.collections,
    ANSIBLE_PYTHON_INTERPRETER: client.python,
    ANSIBLE_LOCALHOST_WARNING: 'False',
    ANSIBLE_INVENTORY_UNPARSED_WARNING: 'False',
    ANSIBLE_NOCOLOR: 'True',
    OVIRT_URL: `${instance.origin}/ovirt-engine/api`,
    OVIRT_CAFILE: instance.caFile,
    OVIRT_USERNAME: instance.user,
    OVIRT_PASSWORD: (await readFile(instance.passwordFile, 'utf8')).trimEnd(),
  }
}

/** What a play did. */
interface Played {
  changed: number
  /** Names of the tasks that changed something. */
  tasks: string[]
}

async function play(client: AnsibleClient, env: NodeJS.ProcessEnv, book: string): Promise<Played> {
  const ended = await runProgram([client.playbook, '-i', 'localhost,', '-c', 'local', join(books, book)], {
    env,
    timeoutMs: 900_000,
  })
  const recap = /localhost\s*:.*changed=(\d+).*failed=(\d+)/.exec(ended.stdout)
  if (ended.code !== 0 || recap === null) {
    const failed = /(?:TASK|RUNNING HANDLER) \[[^\]]*\][^\n]*\n(?:(?!TASK)[^\n]*\n)*?(?:fatal|ERROR)[^\n]*/.exec(
      ended.stdout,
    )
    throw new Error(`${book} ended with ${ended.code}: ${failed?.[0] ?? lastWords(ended.stderr || ended.stdout)}`)
  }
  const tasks = [...ended.stdout.matchAll(/TASK \[([^\]]*)\][^\n]*\n(?:(?!TASK)[^\n]*\n)*?changed:/g)]
  return { changed: Number(recap[1]), tasks: tasks.map(found => found[1] ?? '') }
}
