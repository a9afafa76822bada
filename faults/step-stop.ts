import pg from 'pg'
import { until } from '../engine/test/until.ts'

/** A moment in the life of a step: when its beginning is about to be recorded, while a host works, or when its end is about to be recorded. */
export interface StepPoint {
  readonly jobKind: string
  readonly step: string
  readonly when: 'begin' | 'under way' | 'end'
}

/** What PostgreSQL calls the lock that an engine meets at a point. */
const lock = 820_417

/**
 * Holds an engine at a step of a job, from outside: a trigger in the test's own database lets the transaction that records the step wait
 * for a lock. So the product is as it is, and what the test sees as its state is what a kill at this moment finds.
 */
export class StepStop {
  readonly #config: pg.ClientConfig
  #client: pg.Client | undefined

  /** Puts the trigger into the database. */
  static async install(config: pg.ClientConfig): Promise<StepStop> {
    const stop = new StepStop(config)
    const client = await stop.#connected()
    await client.query(`
      create schema faults;
      create table faults.point (job_kind text not null, step text not null, began boolean not null);
      create function faults.stop() returns trigger language plpgsql as $$
      begin
        if exists (select 1 from faults.point p join public.job j on j.id = new.job_id
                    where p.job_kind = j.kind and p.step = new.name and p.began = (new.status = 'running')) then
          perform pg_advisory_xact_lock_shared(${lock});
        end if;
        return new;
      end $$;
      create trigger faults_stop_made before insert on public.job_step for each row execute function faults.stop();
      create trigger faults_stop_ended before update of status on public.job_step for each row
        when (old.status is distinct from new.status) execute function faults.stop();`)
    return stop
  }

  private constructor(config: pg.ClientConfig) {
    this.#config = config
  }

  /**
   * Begins a job, waits until it has come to the point, and lets `strike` act there; then the job goes on. False when the job ended
   * without having come there. `begin` gives its id.
   */
  async at(point: StepPoint, begin: () => Promise<string>, strike: () => Promise<void>): Promise<boolean> {
    const client = await this.#connected()
    const held = point.when !== 'under way'
    if (held) {
      await client.query('select pg_advisory_lock($1)', [lock])
      await client.query('insert into faults.point values ($1, $2, $3)', [
        point.jobKind,
        point.step,
        point.when === 'begin',
      ])
    }
    try {
      const id = await begin()
      const there = held
        ? 'select 1 from pg_locks where locktype = $1 and objid = $2 and not granted'
        : `select 1 from job_step where job_id = $1 and name = $2 and status = 'running'`
      const came = await until(
        async () => {
          const found = await client.query(there, held ? ['advisory', lock] : [id, point.step])
          if (found.rowCount !== 0) return 'there'
          const over = await client.query(
            `select 1 from job where id = $1 and (ended_at is not null or status = 'stuck')`,
            [id],
          )
          return over.rowCount === 0 ? undefined : 'over'
        },
        { what: `${point.jobKind} to come to ${point.when} of "${point.step}"`, timeoutMs: 120_000, everyMs: 5 },
      )
      // Whoever does the step again is not held again.
      if (held) await client.query('delete from faults.point')
      if (came === 'there') await strike()
      return came === 'there'
    } finally {
      await this.#letGo()
    }
  }

  async #letGo(): Promise<void> {
    try {
      await this.#client?.query('select pg_advisory_unlock_all()')
    } catch {
      this.#client = undefined // the server was killed: nothing is held any more
    }
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client
    const client = new pg.Client(this.#config)
    client.on('error', () => {
      if (this.#client === client) this.#client = undefined
    })
    await client.connect()
    this.#client = client
    await client.query(`select set_config('application_name', 'faults', false)`)
    return client
  }

  async close(): Promise<void> {
    await this.#client?.end()
  }
}
