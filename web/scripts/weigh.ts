/** What Vite's manifest says of one output file. */
export interface Chunk {
  file: string
  src?: string
  isEntry?: boolean
  imports?: string[]
  css?: string[]
}
export type Manifest = Readonly<Record<string, Chunk>>

/** One line of the report; sizes are gzipped bytes. */
export interface Part {
  name: string
  bytes: number
  budget: number
}

/** Budgets in gzipped bytes (the console's design page says why these). */
export const budgets = { entry: 170_000, css: 70_000, route: 40_000, console: 150_000 } as const

/** What the frame around every page loads by itself, right after the first picture; no page waits for it again. */
const frame = ['src/shell/user-menu.tsx']

/**
 * Weighs a build: the entry with everything it imports at once, all styles together, and each lazy part with what it brings beside
 * the entry and the frame. Libraries that several parts share count for each of them: that is what a person waits for.
 */
export function weigh(manifest: Manifest, sizeOf: (file: string) => number): Part[] {
  const reach = (key: string, seen = new Set<string>()): Set<string> => {
    const chunk = manifest[key]
    if (chunk === undefined || seen.has(key)) return seen
    seen.add(key)
    for (const next of chunk.imports ?? []) reach(next, seen)
    return seen
  }
  const total = (keys: Iterable<string>) =>
    [...keys].reduce((sum, key) => sum + sizeOf((manifest[key] as Chunk).file), 0)
  const entries = Object.keys(manifest).filter(key => manifest[key]?.isEntry === true)
  const first = new Set(entries.flatMap(key => [...reach(key)]))
  const framed = new Set([...first, ...frame.flatMap(key => [...reach(key)])])
  const styles = new Set(Object.values(manifest).flatMap(chunk => chunk.css ?? []))
  const lazy = Object.entries(manifest).filter(
    ([key, chunk]) => !first.has(key) && chunk.src !== undefined && /\.(ts|tsx|js)$/.test(chunk.file + chunk.src),
  )
  return [
    { name: 'entry', bytes: total(first), budget: budgets.entry },
    { name: 'styles', bytes: [...styles].reduce((sum, file) => sum + sizeOf(file), 0), budget: budgets.css },
    ...lazy.map(([key, chunk]) => ({
      name: key.replace(/^src\//, ''),
      bytes: total([...reach(key)].filter(next => !(frame.includes(key) ? first : framed).has(next))),
      budget: chunk.src?.startsWith('src/console/') === true ? budgets.console : budgets.route,
    })),
  ]
}
