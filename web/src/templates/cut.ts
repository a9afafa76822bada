const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/**
 * A text of at most `most` characters as people count them, cut in the middle: beginnings and ends are what tells names apart. Only
 * the two ends of a very long text are looked at.
 */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const graphemes = (part: string) => [...segmenter.segment(part)].map(s => s.segment)
  const window = most * 16
  if (text.length <= window) {
    const all = graphemes(text)
    if (all.length <= most) return text
  }
  const tail = Math.floor((most - 1) / 3)
  const first = graphemes(text.slice(0, window)).slice(0, most - 1 - tail)
  const last = graphemes(text.slice(-window)).slice(-tail)
  return `${first.join('')}…${last.join('')}`
}
