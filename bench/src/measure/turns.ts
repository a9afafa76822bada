/**
 * Runs cases in turns and gives the results of each. Every other round goes backwards: what one case leaves behind (a warm cache,
 * a busy disk) then meets the others as often as it helps or hurts them, and a machine that is disturbed for a while disturbs all.
 */
export async function inTurns<K extends string, T>(
  cases: Readonly<Record<K, () => Promise<T>>>,
  o: { warmUp: number; rounds: number; tell?: (text: string) => void },
): Promise<Record<K, T[]>> {
  const names = Object.keys(cases) as K[]
  const found = Object.fromEntries(names.map(name => [name, [] as T[]])) as Record<K, T[]>
  for (let round = 0; round < o.warmUp + o.rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      o.tell?.(round < o.warmUp ? `${name}, warm-up` : `${name}, ${round - o.warmUp + 1} of ${o.rounds}`)
      const result = await cases[name]()
      if (round >= o.warmUp) found[name].push(result)
    }
  }
  return found
}
