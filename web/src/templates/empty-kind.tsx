import type { ReactNode } from 'react'
import { ActionButton } from './action-button.tsx'
import type { ActionItem } from './actions.ts'

/** An empty list: what this kind is, and the first thing to do. */
export function EmptyKind(p: { title: string; body: string; action?: ActionItem; children?: ReactNode }) {
  return (
    <>
      <h2 className="rk-h2">{p.title}</h2>
      <p className="rk-prose">{p.body}</p>
      {p.children}
      {p.action === undefined ? null : <ActionButton action={p.action} variant="primary" size="default" />}
    </>
  )
}
