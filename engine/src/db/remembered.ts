import type pg from 'pg'
import { fromRaw } from './rows.ts'

/** An answer of the database before anything of it was turned into values: each column as its text. */
export interface RawAnswer {
  readonly fields: readonly pg.FieldDef[]
  readonly rows: readonly (readonly (string | null)[])[]
}

interface Known<R> {
  raw: readonly (string | null)[]
  row: R
  usedAt: number
}

/** A row that was used within this time is not given up for another: lists longer than the memory would push out all of it each time. */
const freshMs = 5000

/**
 * Rows as they were made last time, by id. Turning the text of a wide row (jsonb, dates, checked configurations) into values costs
 * many times what it costs to see that the text is the same as before: 100 VMs took 4 ms of the engine's 5 for a list.
 *
 * It is exact: the database is asked each time and who may see what is decided there; only a row whose every column has the same
 * text is not made anew. `make` must therefore depend on nothing but its argument. What it made is shared by all who ask, so it
 * is frozen; whatever hangs on the identity of a row (its encoded form) may be kept in a WeakMap.
 */
export class RememberedRows<R extends object> {
  readonly #make: (row: Record<string, unknown>) => R
  readonly #most: number
  /** In the order of their last use. */
  readonly #known = new Map<string, Known<R>>()
  #columns = ''

  /** `most`: how many rows are kept. The answer must have a column `id`. */
  constructor(o: { most: number; make: (row: Record<string, unknown>) => R }) {
    this.#make = o.make
    this.#most = o.most
  }

  /** The rows of an answer, each made or remembered. */
  rowsOf({ fields, rows }: RawAnswer): R[] {
    const columns = fields.map(field => `${field.name} ${field.dataTypeID}`).join()
    if (columns !== this.#columns) {
      // Another form of the question, or another schema: what the places mean has changed.
      this.#known.clear()
      this.#columns = columns
    }
    const idAt = fields.findIndex(field => field.name === 'id')
    const now = performance.now()
    return rows.map(raw => {
      const id = raw[idAt] ?? ''
      const known = this.#known.get(id)
      if (known !== undefined) {
        this.#known.delete(id)
        if (same(known.raw, raw)) {
          known.usedAt = now
          this.#known.set(id, known)
          return known.row
        }
      }
      const row = deepFreeze(this.#make(fromRaw(fields, raw)))
      this.#keep(id, { raw, row, usedAt: now })
      return row
    })
  }

  #keep(id: string, known: Known<R>): void {
    if (this.#known.size >= this.#most) {
      const oldest = this.#known.entries().next().value
      if (oldest === undefined || known.usedAt - oldest[1].usedAt < freshMs) return
      this.#known.delete(oldest[0])
    }
    this.#known.set(id, known)
  }
}

function same(a: readonly (string | null)[], b: readonly (string | null)[]): boolean {
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Freezes plain objects and lists all the way down. Dates have inner state that cannot be frozen; nobody sets the time of one. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const member of Object.values(value)) deepFreeze(member)
  return value
}
