import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Group } from '../groups.ts'
import { runClient } from '../harness/client-program.ts'
import { readIndex } from '../record/samples.ts'
import { prepared } from './ovirtsdk4.ts'
import { clientEnvironment, runSamples, samplesFolder } from './recorded.ts'

/** What the clients got in this run, and what is committed, read again by the SDK's readers. */
export const samplesGroup: Group = {
  name: 'samples',
  async run(report, setting) {
    const clients = await prepared(report, setting.cache)
    if (clients === undefined) return
    const environment = await clientEnvironment(setting, setting.instance.origin)
    const read = (title: string, folder: string) =>
      runClient(
        report.group(title),
        [clients.python, join(import.meta.dirname, '..', 'ovirtsdk4', 'readback.py'), folder],
        {
          env: environment,
          cwd: setting.scratch,
        },
      )
    if (existsSync(runSamples(setting))) await read('of this run', runSamples(setting))
    if ((await readIndex(samplesFolder)).length > 0) await read('committed', samplesFolder)
    await report.check('every committed sample has its files', async () => {
      for (const sample of await readIndex(samplesFolder))
        for (const file of [sample.request, sample.response])
          if (!existsSync(join(samplesFolder, file)))
            throw new Error(`samples/index.json names ${file}, which is not there`)
    })
  },
}
