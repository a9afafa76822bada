import { randomUUID } from 'node:crypto'

/** The correlation id that a client sent, with the characters and the length that the original keeps, or a new one (fact sheet 1.4). */
export function correlationId(sent: string | undefined): string {
  const kept = (sent ?? '').replaceAll(/[^0-9A-Za-z_-]/g, '').slice(0, 36)
  return kept === '' ? randomUUID() : kept
}
