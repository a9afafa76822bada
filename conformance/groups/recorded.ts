import { mkdir, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Setting } from '../groups.ts'
import { type Exchange, startRecorder } from '../record/tee.ts'
import { updateIndex, writeSamples } from '../record/samples.ts'

/** Where committed samples are. */
export const samplesFolder = join(import.meta.dirname, '..', 'samples')

/** Where the samples of this run are, whether they are kept or not. */
export const runSamples = (setting: Setting): string => join(setting.scratch, 'samples')

/** A client's surroundings: nothing of the caller's but what is named here, and a home of its own. */
export async function clientEnvironment(setting: Setting, origin: string): Promise<NodeJS.ProcessEnv> {
  const home = await mkdtemp(join(setting.scratch, 'home.'))
  return {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    HOME: home,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUNBUFFERED: '1',
    ROOKERY_URL: `${origin}/ovirt-engine/api`,
    ROOKERY_CA: setting.instance.caFile,
    ROOKERY_USER: setting.instance.user,
    ROOKERY_PASSWORD_FILE: setting.instance.passwordFile,
    ROOKERY_TINY_DISK: setting.images.disk,
    ROOKERY_TINY_ISO: setting.images.iso,
    ROOKERY_SCRATCH: home,
  }
}

/** Runs `work` with clients going through the recorder; afterwards what they exchanged is written as samples of `client`. */
export async function recorded(
  setting: Setting,
  client: string,
  work: (environment: NodeJS.ProcessEnv) => Promise<void>,
): Promise<void> {
  const recorder = await startRecorder(setting.instance)
  const exchanges: Exchange[] = []
  try {
    await work(await clientEnvironment(setting, recorder.origin))
  } finally {
    await recorder.close()
    exchanges.push(...recorder.take())
  }
  await keep(runSamples(setting), client, exchanges)
  if (setting.record) await keep(samplesFolder, client, exchanges)
}

async function keep(folder: string, client: string, exchanges: readonly Exchange[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  await updateIndex(folder, client, await writeSamples(folder, client, exchanges))
}
