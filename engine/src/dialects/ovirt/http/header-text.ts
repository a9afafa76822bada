/** Characters that a correlation id keeps, and its length (fact sheet 1.4). */
export function correlationId(text: string | undefined, generate: () => string): string {
  const kept = (text ?? '').replaceAll(/[^0-9A-Za-z_-]/g, '').slice(0, 36)
  return kept === '' ? generate() : kept
}
