import type { Entry, Obituary } from './entry.ts'
import { type Hold, type HoldEvent, idleHold, type Me } from './hold.ts'
import type { Rules } from './rules.ts'
import { newTenure } from './tenure.ts'
import { defaultTimes } from './times.ts'

/**
 * Every order in which two or three hosts can deal with one resource, without clocks, on the lease's own decisions. Each host owns its
 * registers; a write lands at any later time, also after its writer died; many registers are read one at a time. Who claims, migrates,
 * declares, dies and expires, and when, is up to an adversary with a budget: any engine, restored, doubled or lying. Time is in one guard
 * only: a host may be declared dead when it is dead or has expired.
 */
export interface Space {
  hosts: number
  claims: number
  moves: number
  expiries: number
  crashes: number
  declares: number
  /** Also ask of every state whether somebody can still start from there. */
  live?: boolean
  /** Assumptions about the world that are taken away. */
  without?: 'writes are waited for' | 'only the dead are declared'
}

export interface Explored {
  states: number
  transitions: number
  /** The shortest way to two hosts that run it. */
  two: string[] | null
  /** A way to a state from which nobody can start it. */
  stuck: string[] | null
}

interface Host {
  dead: boolean
  expired: boolean
  hold: Hold
  /** The next register that a read looks at. */
  next: number
  register: Entry | null
  /** The write in flight. */
  pending: { entry: Entry | null } | null
  /** Coming back: the renewal is `issued`, then the obituaries of one host after the other are read. */
  comeBack: 'issued' | { next: number; late: boolean } | null
  declaring: { of: number; at: 'intent' | 'looking' | 'final' | 'none'; moved: boolean } | null
  obituaries: readonly (Obituary['phase'] | null)[]
}

interface State {
  hosts: readonly Host[]
  budget: readonly [claims: number, moves: number, expiries: number, crashes: number, declares: number]
}

const name = (host: number) => `host${host}`

/** Walks the whole space; stops at the first state in which two run. */
export function explore(space: Space, rules: Rules): Explored {
  const walk = new Walk(space, rules)
  return walk.run()
}

class Walk {
  private readonly states: State[] = []
  private readonly known = new Map<string, number>()
  private readonly parents: number[] = []
  private readonly labels: string[] = []
  private readonly edges: { from: number[]; to: number[] } = { from: [], to: [] }
  private readonly keys = new WeakMap<Host, string>()
  private transitions = 0
  private at = -1
  private readonly space: Space
  private readonly rules: Rules

  constructor(space: Space, rules: Rules) {
    this.space = space
    this.rules = rules
  }

  run(): Explored {
    const { hosts, claims, moves, expiries, crashes, declares } = this.space
    const fresh: Host = {
      dead: false,
      expired: false,
      hold: idleHold,
      next: 0,
      register: null,
      pending: null,
      comeBack: null,
      declaring: null,
      obituaries: Array.from({ length: hosts }, () => null),
    }
    this.add('start', {
      hosts: Array.from({ length: hosts }, () => fresh),
      budget: [claims, moves, expiries, crashes, declares],
    })
    for (let index = 0; index < this.states.length; index++) {
      const state = this.states[index]
      if (state === undefined) break
      this.at = index
      if (running(state) > 1) return this.result({ two: this.trace(index) })
      for (let p = 0; p < hosts; p++) this.stepsOf(state, p)
    }
    return this.result({ stuck: this.space.live === true ? this.findStuck() : null })
  }

  private stepsOf(state: State, p: number): void {
    const host = hostAt(state, p)
    this.storage(state, p, host)
    if (host.dead) return
    this.adversary(state, p, host)
    this.events(state, p, host)
    this.returning(state, p, host)
    this.declaring(state, p, host)
  }

  /** Writes land whenever they like; a dead writer's may also be lost. */
  private storage(state: State, p: number, host: Host): void {
    const { pending } = host
    if (pending !== null) {
      const landed = { ...host, register: pending.entry, pending: null }
      this.go(
        `${p} write lands`,
        state,
        p,
        host.dead ? landed : (this.applied(landed, p, { kind: 'written' }) ?? landed),
      )
      if (host.dead) this.go(`${p} write is lost`, state, p, { ...host, pending: null })
      if (this.space.without === 'writes are waited for' && !host.dead && host.hold.at === 'flagging') {
        const early = this.applied(host, p, { kind: 'written' })
        if (early !== null) this.go(`${p} waits no longer for its flag`, state, p, early)
      }
    }
    if (host.comeBack === 'issued') {
      const hosts = state.hosts.map(other => {
        const { declaring } = other
        const sees = declaring?.of === p && (declaring.at === 'intent' || declaring.at === 'looking')
        return sees ? { ...other, declaring: { ...declaring, moved: true } } : other
      })
      const landed = { ...(hosts[p] ?? host), comeBack: host.dead ? null : { next: 0, late: false } }
      this.go(`${p} renewal lands`, { ...state, hosts }, p, landed)
    }
    const { declaring } = host
    if (declaring !== null && declaring.at !== 'looking') {
      const phase = { intent: 'intent', final: 'final', none: null }[declaring.at] as Obituary['phase'] | null
      const obituaries = host.obituaries.with(declaring.of, phase)
      const looks = declaring.at === 'intent' && !host.dead
      this.go(`${p} obituary of ${declaring.of} lands (${declaring.at})`, state, p, {
        ...host,
        obituaries,
        declaring: looks ? { ...declaring, at: 'looking' } : null,
      })
    }
  }

  private adversary(state: State, p: number, host: Host): void {
    const [claims, moves, expiries, crashes] = state.budget
    if (crashes > 0) this.go(`${p} dies`, spend(state, 3), p, { ...host, dead: true })
    if (expiries > 0 && !host.expired) {
      const expired = { ...host, expired: true }
      this.go(`${p} expires`, spend(state, 2), p, this.applied(expired, p, { kind: 'expired' }) ?? expired)
    }
    if (claims > 0) this.offer(`${p} claims`, spend(state, 0), p, { kind: 'claim', timed: false })
    if (moves > 0)
      for (let q = 0; q < state.hosts.length; q++)
        if (q !== p)
          this.offer(`${p} prepares to receive from ${q}`, spend(state, 1), p, {
            kind: 'receive',
            from: name(q),
            timed: false,
          })
  }

  /** What the keeper reads, and what happens to guests. */
  private events(state: State, p: number, host: Host): void {
    const { hold } = host
    if (hold.at === 'reading' || hold.at === 'looking') {
      const q = host.next === p ? host.next + 1 : host.next
      if (q >= state.hosts.length) this.offer(`${p} has read all`, state, p, { kind: 'allSeen' })
      else this.reads(state, p, host, q)
      return
    }
    this.offer(`${p} starts the guest`, state, p, { kind: 'start' })
    this.offer(`${p} takes the switch-over back`, state, p, { kind: 'takenBack' })
    this.offer(`${p} releases`, state, p, { kind: 'release' })
    for (let q = 0; q < state.hosts.length; q++) {
      if (q === p) continue
      const target = hostAt(state, q)
      const receives = !target.dead && target.hold.peer === name(p)
      if (receives && this.applied(target, q, { kind: 'arrived' }) !== null) {
        const left = this.applied(host, p, { kind: 'switchedOver' })
        const arrived = this.applied(target, q, { kind: 'arrived' })
        if (left !== null && arrived !== null)
          this.go(`${p} switches over to ${q}`, { ...state, hosts: state.hosts.with(q, arrived) }, p, {
            ...left,
            hold: { ...left.hold, peer: name(q) },
          })
      }
      if (hold.guest === 'left' && hold.peer === name(q))
        this.offer(`${p} gives to ${q}`, state, p, { kind: 'give', to: name(q) })
      if (hold.at === 'ready' && hold.peer === name(q))
        this.offer(`${p} sees the gift and runs`, state, p, { kind: 'gift', entry: target.register })
    }
    if (hold.at === 'ready' && hold.guest === 'arrived') {
      const gone = this.applied(host, p, { kind: 'reaped' })
      if (gone !== null)
        this.offer(`${p} gives up receiving`, { ...state, hosts: state.hosts.with(p, gone) }, p, { kind: 'release' })
    }
  }

  private reads(state: State, p: number, host: Host, q: number): void {
    const entry = hostAt(state, q).register
    const obituaries = state.hosts.flatMap(other =>
      other.obituaries.flatMap((phase, of) =>
        phase === null ? [] : [{ of: name(of), cause: 'fenced' as const, era: 0, phase }],
      ),
    )
    const freed = entry !== null && this.rules.isFreed(name(q), entry, obituaries)
    const after = this.applied({ ...host, next: q + 1 }, p, {
      kind: 'saw',
      seen: { owner: name(q), entry, epoch: 0 },
      freed,
    })
    if (after === null) return
    const { rivals, lost, peer, at } = after.hold
    // Decided already: what is read after it changes nothing.
    const decided = rivals.length > 0 || (at === 'looking' && lost && peer === name(q))
    const judged = decided ? this.applied(after, p, { kind: 'allSeen' }) : null
    this.go(`${p} reads ${q}`, state, p, judged ?? after)
  }

  private returning(state: State, p: number, host: Host): void {
    const { comeBack } = host
    if (host.expired && comeBack === null) this.go(`${p} tries to come back`, state, p, { ...host, comeBack: 'issued' })
    if (comeBack === null || comeBack === 'issued') return
    const q = comeBack.next === p ? comeBack.next + 1 : comeBack.next
    const tenure = { ...newTenure(name(p), 0), expired: true }
    if (q < state.hosts.length) {
      const phase = hostAt(state, q).obituaries[p] ?? null
      const found: Obituary[] = phase === null ? [] : [{ of: name(p), cause: 'fenced', era: 0, phase }]
      if (this.rules.obey(tenure, found).order === 'end')
        return this.go(`${p} reads its obituary by ${q} and ends`, state, p, { ...host, dead: true })
      return this.go(`${p} finds no obituary by ${q}`, state, p, { ...host, comeBack: { ...comeBack, next: q + 1 } })
    }
    const after = this.rules.comeBack(tenure, 0, comeBack.late ? defaultTimes.stop : 0, defaultTimes)
    const back = { ...host, expired: after.expired, comeBack: null }
    this.go(
      `${p} has read all obituaries`,
      state,
      p,
      (after.expired ? null : this.applied(back, p, { kind: 'back' })) ?? back,
    )
  }

  private declaring(state: State, p: number, host: Host): void {
    const { declaring } = host
    if (declaring?.at === 'looking') {
      const declaration = { of: name(declaring.of), cause: 'fenced' as const, era: 0, counter: 0 }
      const final = this.rules.confirmDeath(declaration, declaring.moved ? 1 : 0)
      this.go(`${p} looks again at ${declaring.of}`, state, p, {
        ...host,
        declaring: { ...declaring, at: final === null ? 'none' : 'final', moved: false },
      })
    }
    if (declaring !== null || state.budget[4] === 0) return
    for (let v = 0; v < state.hosts.length; v++) {
      const victim = hostAt(state, v)
      if (v === p || host.obituaries[v] !== null) continue
      if (!victim.dead && !victim.expired && this.space.without !== 'only the dead are declared') continue
      // Its slot did not move for long, so whatever it came back with before has grown old.
      const { comeBack } = victim
      const late =
        comeBack === null || comeBack === 'issued' ? victim : { ...victim, comeBack: { ...comeBack, late: true } }
      this.go(`${p} decides that ${v} is dead`, { ...spend(state, 4), hosts: state.hosts.with(v, late) }, p, {
        ...host,
        declaring: { of: v, at: 'intent', moved: false },
      })
    }
  }

  /** Takes the step if the machine allows the event. */
  private offer(label: string, state: State, p: number, event: HoldEvent): void {
    const before = hostAt(state, p)
    if (before.pending !== null && event.kind !== 'start' && event.kind !== 'takenBack') return
    const after = this.applied(before, p, event)
    if (after !== null) this.go(label, state, p, after)
  }

  private applied(host: Host, p: number, event: HoldEvent): Host | null {
    const me: Me = { generation: name(p), era: 0, valid: !host.expired }
    const step = this.rules.stepHold(host.hold, event, me)
    if (step === null) return null
    // The first read only counts epochs, which the timed model looks at: it is over at once.
    if (step.hold.at === 'counting') return this.applied({ ...host, hold: step.hold }, p, { kind: 'allSeen' })
    return {
      ...host,
      hold: step.hold,
      next: step.read === true ? 0 : host.next,
      pending: step.write === undefined ? host.pending : { entry: step.write },
    }
  }

  private go(label: string, state: State, p: number, host: Host): void {
    this.transitions++
    this.add(label, { ...state, hosts: state.hosts.with(p, host) })
  }

  private add(label: string, state: State): void {
    const hosts = state.hosts.map(tidy)
    const key = `${hosts.map(host => this.key(host)).join('|')}|${state.budget.join()}`
    let index = this.known.get(key)
    if (index === undefined) {
      index = this.states.length
      this.known.set(key, index)
      this.states.push({ hosts, budget: state.budget })
      this.parents.push(this.at)
      this.labels.push(label)
    }
    if (this.space.live !== true) return
    this.edges.from.push(this.at)
    this.edges.to.push(index)
  }

  private key(host: Host): string {
    let key = this.keys.get(host)
    if (key === undefined) {
      const { dead, expired, hold, next, register, pending, comeBack, declaring, obituaries } = host
      const entry = (e: Entry | null) => (e === null ? '-' : `${e.flag}${e.peer ?? ''}`)
      const back = comeBack === null ? '' : comeBack === 'issued' ? 'i' : `${comeBack.next}${comeBack.late}`
      const declares = declaring === null ? '' : `${declaring.of}${declaring.at}${declaring.moved}`
      const held = `${hold.at},${hold.guest},${hold.peer ?? ''},${hold.rivals.length},${hold.lost}`
      const write = pending === null ? '' : entry(pending.entry)
      key = `${dead},${expired},${held},${next},${entry(register)},${write},${back},${declares},${obituaries.join()}`
      this.keys.set(host, key)
    }
    return key
  }

  private trace(index: number): string[] {
    const steps: string[] = []
    for (let i = index; i > 0; i = this.parents[i] ?? 0) steps.unshift(this.labels[i] ?? '')
    return steps
  }

  private result(found: Partial<Explored>): Explored {
    return { states: this.states.length, transitions: this.transitions, two: null, stuck: null, ...found }
  }

  /**
   * A state from which nobody comes to run it. Budgets are the model's and not the world's: only states with a claim and enough
   * declarations left, and with a live host that nobody is declaring dead (that one ends itself and begins anew), count.
   */
  private findStuck(): string[] | null {
    const into = new Map<number, number[]>()
    for (const [edge, to] of this.edges.to.entries()) {
      const from = this.edges.from[edge] ?? -1
      const list = into.get(to)
      if (list === undefined) into.set(to, [from])
      else list.push(from)
    }
    const good = new Set<number>()
    const queue = this.states.flatMap((state, index) => (running(state) > 0 ? [index] : []))
    for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
      if (state < 0 || good.has(state)) continue
      good.add(state)
      for (const from of into.get(state) ?? []) queue.push(from)
    }
    const stuck = this.states.findIndex((state, index) => {
      if (good.has(index) || state.budget[0] < 1 || state.budget[4] < state.hosts.length - 1) return false
      return state.hosts.some((host, p) => {
        const condemned = state.hosts.some(other => other.obituaries[p] !== null || other.declaring?.of === p)
        return !host.dead && !condemned
      })
    })
    return stuck === -1 ? null : this.trace(stuck)
  }
}

function hostAt(state: State, index: number): Host {
  const host = state.hosts[index]
  if (host === undefined) throw new Error(`no host ${index}`)
  return host
}

function spend(state: State, index: number): State {
  const budget = state.budget.map((left, i) => (i === index ? left - 1 : left))
  return { ...state, budget: budget as unknown as State['budget'] }
}

const running = (state: State) => state.hosts.filter(host => !host.dead && host.hold.guest === 'running').length

/** Forgets what cannot matter any more: fewer states. */
function tidy(host: Host): Host {
  const reads = host.hold.at === 'reading' || host.hold.at === 'looking'
  if (!host.dead) return reads || host.next === 0 ? host : { ...host, next: 0 }
  const comeBack = host.comeBack === 'issued' ? host.comeBack : null
  const declaring = host.declaring?.at === 'looking' ? null : host.declaring
  if (host.hold === idleHold && !host.expired && host.comeBack === comeBack && host.declaring === declaring) return host
  return { ...host, hold: idleHold, expired: false, next: 0, comeBack, declaring }
}
