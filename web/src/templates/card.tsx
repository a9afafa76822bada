import { type ReactNode, useId } from 'react'
import './card.css'

/** A part of a page with a heading of its own; `more` stands at the other end of its head. */
export function Card(p: { title: string; more?: ReactNode; wide?: boolean; children: ReactNode }) {
  const id = useId()
  return (
    // A group and no region: a page of cards would drown its landmarks.
    <div role="group" className={`rk-card${p.wide === true ? ' rk-wide' : ''}`} aria-labelledby={id}>
      <header className="rk-card-head">
        <h2 id={id}>{p.title}</h2>
        {p.more === undefined ? null : <span className="rk-sub">{p.more}</span>}
      </header>
      {p.children}
    </div>
  )
}

/** Names and values, as overviews show them. One without a value is left out. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="rk-facts">
      {facts.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  )
}

/** How much of something is used: a bar, and the words beside it say the same. */
export function Share({ part, whole, label }: { part: number; whole: number; label: string }) {
  const share = whole <= 0 ? 0 : Math.min(1, Math.max(0, part / whole))
  return (
    <span
      className="rk-share"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
      data-full={share > 0.9 ? 'true' : undefined}
    >
      <span style={{ inlineSize: `${share * 100}%` }} />
    </span>
  )
}
