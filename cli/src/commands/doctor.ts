import { Fault } from '../fault.ts'
import { dataDirOf, paths } from '../instance/paths.ts'
import type { Output } from '../output.ts'
import { examine } from '../doctor/examine.ts'
import { blocks, closing, reportText } from '../doctor/report.ts'
import { scene } from '../doctor/scene.ts'
import { languageOf } from '../doctor/text.ts'

/** `rookery doctor`: looks at the machine and the instance and changes nothing. Exit 1 when something keeps Rookery from working. */
export async function doctorCommand(o: { dataDir?: string; lang?: string }, out: Output): Promise<number> {
  const language = languageOf(o.lang)
  if (language === undefined)
    throw new Fault('usage', `--lang ${o.lang}: there is English and Korean.`, 'Use --lang en or --lang ko.')
  const p = paths(dataDirOf(o.dataDir))
  const option = p.dataDir === dataDirOf(undefined, { HOME: process.env.HOME }) ? '' : ` --data-dir ${p.dataDir}`
  const found = await examine(await scene(p, option))
  out.result(reportText(found, language), {
    dataDir: p.dataDir,
    blocks: blocks(found),
    summary: closing(found),
    findings: found,
  })
  return blocks(found) ? 1 : 0
}
