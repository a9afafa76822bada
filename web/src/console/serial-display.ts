import { Terminal } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import { cspDocument, withoutStyleElements } from './csp-document.ts'
import type { DisplayHooks } from './session.ts'

/** A guest's serial line on the page. It stays over reconnections; each gives the line's recent past again. */
export interface SerialDisplay {
  attach(socket: WebSocket, hooks: DisplayHooks): () => void
  /** Types a text as if it came from the keyboard. */
  type(text: string): void
  focus(): void
  release(): void
  /** What was said, as plain lines without colours. */
  transcript(): string
  /** Calls back, at most once a moment, when something was said. */
  onSaid(listener: () => void): () => void
  /** Fills its place again. */
  fit(): void
  end(): void
}

const scrollback = 5000
/** Serial lines are made for this many columns; fewer break what guests draw. */
const leastColumns = 80

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** Puts a terminal into `target`. */
export function showSerial(target: HTMLElement, label: string): SerialDisplay {
  const terminal = new Terminal({
    documentOverride: cspDocument(),
    // No font of the web: the terminal measures letters when it opens.
    fontFamily: '"Noto Sans Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace',
    fontSize: 14,
    scrollback,
    cols: leastColumns,
    rows: 25,
    // Guests that only send a line feed still begin at the left.
    convertEol: false,
    cursorBlink: false,
    screenReaderMode: false,
    theme: {
      background: colour('--rk-console-background'),
      foreground: colour('--rk-console-text'),
      cursor: colour('--rk-console-text'),
      selectionBackground: colour('--rk-console-selection'),
    },
  })
  withoutStyleElements(() => terminal.open(target))
  terminal.textarea?.setAttribute('aria-label', label)
  const encoder = new TextEncoder()
  let line: WebSocket | undefined
  const send = (bytes: Uint8Array<ArrayBuffer>) => {
    if (line?.readyState === WebSocket.OPEN) line.send(bytes)
  }
  terminal.onData(text => send(encoder.encode(text)))
  terminal.onBinary(text => send(Uint8Array.from(text, char => char.charCodeAt(0))))

  const fit = () => {
    const screen = target.querySelector<HTMLElement>('.xterm-screen')
    if (screen === null || screen.clientWidth === 0 || target.clientWidth === 0) return
    const cell = { width: screen.clientWidth / terminal.cols, height: screen.clientHeight / terminal.rows }
    // Room for the scroll bar.
    const cols = Math.max(leastColumns, Math.floor((target.clientWidth - 16) / cell.width))
    const rows = Math.max(10, Math.floor(target.clientHeight / cell.height))
    if (cols !== terminal.cols || rows !== terminal.rows) terminal.resize(cols, rows)
  }
  const resized = new ResizeObserver(fit)
  resized.observe(target)

  return {
    attach(socket, hooks) {
      line = socket
      const open = () => {
        terminal.reset()
        hooks.ready()
      }
      const message = ({ data }: MessageEvent<ArrayBuffer>) => terminal.write(new Uint8Array(data))
      socket.addEventListener('open', open)
      socket.addEventListener('message', message)
      return () => {
        socket.removeEventListener('open', open)
        socket.removeEventListener('message', message)
        if (line === socket) line = undefined
      }
    },
    type: text => send(encoder.encode(text.replaceAll(/\r\n?|\n/g, '\r'))),
    focus: () => terminal.focus(),
    release: () => terminal.blur(),
    transcript() {
      const { active } = terminal.buffer
      const lines: string[] = []
      for (let y = 0; y < active.length; y++) {
        const row = active.getLine(y)
        const text = row?.translateToString(true) ?? ''
        // A line that was too long for the screen is one line.
        if (row?.isWrapped === true) lines.push((lines.pop() ?? '') + text)
        else lines.push(text)
      }
      return lines.join('\n').trimEnd()
    },
    onSaid(listener) {
      let timer: ReturnType<typeof setTimeout> | undefined
      const parsed = terminal.onWriteParsed(() => {
        timer ??= setTimeout(() => {
          timer = undefined
          listener()
        }, 500)
      })
      return () => {
        parsed.dispose()
        clearTimeout(timer)
      }
    },
    fit,
    end() {
      resized.disconnect()
      terminal.dispose()
    },
  }
}
