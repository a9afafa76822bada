/** The rook of Rookery. */
export function Logo() {
  return (
    <svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true" className="rk-logo">
      <path d="M3 20c2-8 6-13 10-14l7-2-3 4c1 6-3 12-14 12z" />
      <circle cx="14" cy="9" r="1.4" className="rk-logo-eye" />
    </svg>
  )
}
