import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Act } from './acts.ts'
import type { Journey } from './journey.ts'
import type { Dice } from './plan.ts'
import { type RealPart, realParts } from './real-site.ts'
import type { StepPoint, StepStop } from './step-stop.ts'
import { quiet } from './verdict.ts'

/** Somebody to be killed at a point of a job. */
export interface StepKill {
  readonly point: StepPoint
  readonly part: RealPart
}

/** Which kills are made, of the points that a job has. */
export type Choice = (points: readonly StepPoint[]) => readonly StepKill[]

/** At every point somebody else, in an order that the dice say. */
export function takingTurns(dice: Dice): Choice {
  const order = [...realParts].sort(() => dice.next() - 0.5)
  let turn = 0
  return points => points.map(point => ({ point, part: order[turn++ % order.length] as RealPart }))
}

/** At every point everybody, one after another. */
export const everybody: Choice = points => points.flatMap(point => realParts.map(part => ({ point, part })))

/** At one point of a job, that the dice say, this one. */
export const once =
  (dice: Dice, part: RealPart): Choice =>
  points => {
    const [first, ...more] = points
    return first === undefined ? [] : [{ point: dice.pick([first, ...more]), part }]
  }

/** What the walk needs. */
export interface Walk {
  readonly journey: Journey
  readonly stop: StepStop
  /** VMs whose QEMU is never killed. */
  readonly spare?: ReadonlySet<string>
  /** Told of each failure, also of a subtest's, which fails its parent only at the end. */
  failed(): void
}

/**
 * Walks one job of a real site: a clean run lists its steps, then for each chosen point it is begun again and somebody is killed there.
 * It must end, nothing may be left over, no guest may have ended that was not meant to, and what was taken back can be asked for again.
 */
export async function walkJob(t: TestContext, walk: Walk, act: Act, choose: Choice): Promise<void> {
  const { journey: j } = walk
  await act.ready(j)
  const clean = await act.ask(j)
  assert.equal(await j.ended(clean), 'finished')
  const steps = await j.site.sql<{ name: string; kind: string }>`
    select name, kind from job_step where job_id = ${clean}::uuid order by position`
  const points = steps.flatMap(({ name, kind }) =>
    (kind === 'host' ? (['begin', 'under way', 'end'] as const) : (['end'] as const)).map(when => ({
      jobKind: act.job,
      step: name,
      when,
    })),
  )
  for (const kill of choose(points))
    await t.test(`${kill.part} killed at the ${kill.point.when} of "${kill.point.step}"`, () =>
      oneKill(walk, act, kill),
    )
}

async function oneKill({ journey: j, stop, spare }: Walk, act: Act, { point, part }: StepKill): Promise<void> {
  const { site } = j
  await act.ready(j)
  await site.well()
  const before = await site.guests()
  const spared = new Set([...(spare ?? []), act.onSystem === true ? j.vmId : j.systemId])
  site.note(`${act.job} ${point.when} of "${point.step}": ${part}`)
  let id = ''
  let killed: RealPart | undefined
  const came = await stop.at(
    point,
    async () => (id = await act.ask(j)),
    async () => {
      // Where no guest runs somebody else dies.
      for (const each of new Set<RealPart>([part, 'agent', 'engine']))
        if (await site.kill(each, spared)) return void (killed = each)
    },
  )
  // A host can be faster than the look at what it does.
  assert.ok(came || point.when === 'under way', `the job did not come to the ${point.when} of "${point.step}"`)
  const status = await j.ended(id)
  await quiet(site, { transfers: false })
  await site.well()
  assert.notEqual(status, 'stuck')
  if (act.ofRuns !== true)
    for (const [vmId, pid] of before)
      if (killed !== 'qemu' || spared.has(vmId))
        assert.equal((await site.guests()).get(vmId), pid, `another QEMU of VM ${vmId}`)
  assert.deepEqual((await site.invariants()).differences, [])
  if (status === 'finished' || act.byItself === true) return
  await act.ready(j)
  assert.equal(await j.ended(await act.ask(j)), 'finished', 'asked for again')
}
