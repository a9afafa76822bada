import { cut } from './cut.ts'

/** The most of a text that a tooltip or a screen reader gets. */
const whole = 512

/**
 * A text that somebody else wrote: a name, a description, a reason. Only ever text; isolated, so that right-to-left marks in it turn
 * nothing around it; cut in the middle, the whole of it in the tooltip.
 */
export function Name({ text, most = 48 }: { text: string; most?: number }) {
  const short = cut(text, most)
  if (short === text) return <bdi className="rk-name">{text}</bdi>
  const full = text.length > whole ? `${text.slice(0, whole)}…` : text
  return (
    <bdi className="rk-name" title={full}>
      <span aria-hidden="true">{short}</span>
      <span className="pf-v6-screen-reader">{full}</span>
    </bdi>
  )
}
