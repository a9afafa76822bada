const secretName = /password|passwd|secret|private_?key|token|ticket|authorization|cookie|credential|_hash$|^hash$/i

/** What stands where a secret was. */
export const redacted = '***'

/** A deep copy in which every value whose name sounds like a secret is `***`. For logs, plans and what events keep. */
export function redact<T>(value: T): T {
  return walk(value, 0) as T
}

function walk(value: unknown, depth: number): unknown {
  if (value === null || typeof value !== 'object' || value instanceof Date || depth > 12) return value
  if (Array.isArray(value)) return value.map(item => walk(item, depth + 1))
  if (Buffer.isBuffer(value)) return `<${value.length} bytes>`
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      secretName.test(name) && inner !== null && typeof inner !== 'boolean' ? redacted : walk(inner, depth + 1),
    ]),
  )
}
