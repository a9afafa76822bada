import RFB from '@novnc/novnc'
import type { DisplayHooks } from './session.ts'
import type { KeyEvent } from './type-text.ts'

/** A picture on the page. */
export interface VncDisplay {
  send(events: readonly KeyEvent[]): void
  setFit(fit: boolean): void
  focus(): void
  /** Gives the keyboard back to the page. */
  release(): void
  screenshot(): Promise<Blob | null>
  end(): void
}

/** What is told to the page. */
export interface VncOptions extends DisplayHooks {
  fit: boolean
  /** For screen readers. */
  label: string
  /** The guest's screen has this size now. */
  size(width: number, height: number): void
}

/** Draws a guest's screen from a socket of the engine into `target`, and sends it keys and the pointer. */
export function showVnc(target: HTMLElement, socket: WebSocket, o: VncOptions): VncDisplay {
  const rfb = new RFB(target, socket, { shared: true })
  rfb.scaleViewport = o.fit
  rfb.showDotCursor = true
  rfb.background = 'transparent'
  const canvas = target.querySelector('canvas')
  if (canvas !== null) {
    canvas.tabIndex = 0
    canvas.setAttribute('role', 'application')
    canvas.setAttribute('aria-label', o.label)
  }
  const sized = new MutationObserver(() => {
    if (canvas !== null) o.size(canvas.width, canvas.height)
  })
  if (canvas !== null) sized.observe(canvas, { attributes: true, attributeFilter: ['width', 'height'] })
  rfb.addEventListener('connect', () => o.ready())
  let over = false
  rfb.addEventListener('disconnect', () => {
    over = true
    sized.disconnect()
  })
  return {
    send(events) {
      for (const { keysym, code, down } of events) rfb.sendKey(keysym, code, down)
    },
    setFit(fit) {
      rfb.scaleViewport = fit
    },
    focus: () => rfb.focus({ preventScroll: true }),
    release: () => rfb.blur(),
    screenshot: () => new Promise(resolve => rfb.toBlob(resolve, 'image/png')),
    end() {
      if (!over) rfb.disconnect()
    },
  }
}
