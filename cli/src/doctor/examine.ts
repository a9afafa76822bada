import { checks } from './checks.ts'
import { type Check, type Finding, poor } from './finding.ts'
import type { Scene } from './scene.ts'
import { same, type Text, t } from './text.ts'

/** A finding with the check that it is from. */
export interface Found extends Finding {
  readonly topic: string
  readonly title: Text
}

/** Given in place of a check's own findings when it could not look. */
export const FAILED = 'doctor.look.failed'

/** Lets every check look, all at once. One that fails is a finding itself, not the end of the others. */
export async function examine(scene: Scene, all: readonly Check[] = checks): Promise<Found[]> {
  const found = await Promise.all(all.map(c => look(c, scene)))
  return found.flat()
}

async function look(c: Check, scene: Scene): Promise<Found[]> {
  const named = (f: Finding): Found => ({
    topic: c.topic,
    title: c.title,
    ...f,
    ...(f.run ? { run: f.run.map(command => withOption(command, scene.option)) } : {}),
  })
  try {
    return (await c.look(scene)).map(named)
  } catch (error) {
    return [
      named(
        poor(FAILED, {
          what: t('This could not be looked at.', '확인하지 못했습니다.'),
          why: same(error instanceof Error ? error.message : String(error)),
          next: scene.root
            ? t('Where this comes from is shown by:', '원인을 보려면:')
            : t('Root sees everything:', 'root로 실행하면 전체를 볼 수 있습니다.'),
          run: [scene.root ? 'ROOKERY_DEBUG=1 ./rookery doctor' : 'sudo ./rookery doctor'],
        }),
      ),
    ]
  }
}

/** Our own commands in a cure mean this instance, wherever it lives. */
export const withOption = (command: string, option: string): string =>
  command.replaceAll(/\.\/rookery (up|down|logs|status|doctor)\b(?!.*--data-dir)/g, `./rookery $1${option}`)
