/** One message of a server-sent event stream. */
export interface Message {
  event: string
  data: string
  /** The id that stands after this message; what a client resumes from. */
  id: string
}

/**
 * Reads a server-sent event stream as it arrives, in pieces of any size. `EventSource` would do it too, but it hides the comments by
 * which a silent stream shows that it lives, and the answer's status.
 */
export function sseReader(onMessage: (message: Message) => void): (piece: string) => void {
  let rest = ''
  let event = ''
  let data: string[] = []
  let id = ''
  const line = (text: string) => {
    if (text === '') {
      if (data.length > 0) onMessage({ event: event || 'message', data: data.join('\n'), id })
      event = ''
      data = []
      return
    }
    const colon = text.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') event = value
    else if (field === 'data') data.push(value)
    else if (field === 'id' && !value.includes('\0')) id = value
  }
  return piece => {
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const text of lines) line(text)
  }
}
