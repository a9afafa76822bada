import type { ReactElement } from 'react'
import './status.css'
import type { StatusRole } from './look.ts'

// One shape a role, 14 × 14, so that colour is never what tells them apart. `on` is drawn in the colour behind the icon.
const shapes: Readonly<Record<StatusRole, ReactElement>> = {
  good: (
    <>
      <circle cx="7" cy="7" r="6" className="rk-fill" />
      <path d="M4 7.2l2 2 4-4.2" className="rk-on" strokeWidth="1.8" />
    </>
  ),
  working: (
    <g className="rk-turn">
      <path d="M12.5 7a5.5 5.5 0 1 1-2-4.2" className="rk-line" strokeWidth="2" />
      <path d="M8.2 3.6L12.4 4.4 11.6.4z" className="rk-fill" />
    </g>
  ),
  waiting: (
    <path d="M3 1h8M3 13h8M4 1c0 4 6 4 6 6s-6 2-6 6M10 1c0 4-6 4-6 6s6 2 6 6" className="rk-line" strokeWidth="1.5" />
  ),
  attention: (
    <>
      <path d="M7 .8L13.6 13H.4z" className="rk-fill" />
      <path d="M7 4.8v4M7 10.2v1.6" className="rk-on" strokeWidth="1.7" />
    </>
  ),
  problem: (
    <>
      <path d="M4.1.5h5.8l3.6 3.6v5.8l-3.6 3.6H4.1L.5 9.9V4.1z" className="rk-fill" />
      <path d="M4.6 4.6l4.8 4.8m0-4.8L4.6 9.4" className="rk-on" strokeWidth="1.8" />
    </>
  ),
  off: <circle cx="7" cy="7" r="5.2" className="rk-line" strokeWidth="1.8" />,
  unknown: (
    <>
      <circle cx="7" cy="7" r="5.8" className="rk-line" strokeWidth="1.5" strokeDasharray="2.5 2" />
      <path d="M5.2 5.6a1.8 1.8 0 1 1 2.6 1.7c-.6.3-.8.6-.8 1.3M7 9.8v1.2" className="rk-line" strokeWidth="1.5" />
    </>
  ),
  locked: (
    <>
      <rect x="2" y="6" width="10" height="7.5" rx="1.5" className="rk-fill" />
      <path d="M4 6V4a3 3 0 0 1 6 0v2" className="rk-line" strokeWidth="1.7" />
    </>
  ),
  maintenance: (
    <path
      d="M13.1 3.4a4 4 0 0 1-5.3 5L3.5 12.7a1.6 1.6 0 0 1-2.2-2.2L5.6 6.2a4 4 0 0 1 5-5.3L8.4 3.1l.5 2 2 .5z"
      className="rk-fill"
    />
  ),
}

/** The shape of a role, for places that say the word themselves. Without `label` it is decoration and no reader hears it. */
export function StatusIcon({ role, label }: { role: StatusRole; label?: string | undefined }) {
  const hidden = label === undefined ? { 'aria-hidden': true as const } : { role: 'img', 'aria-label': label }
  return (
    <svg className="rk-status-icon" data-role={role} viewBox="0 0 14 14" width="14" height="14" {...hidden}>
      {shapes[role]}
    </svg>
  )
}
