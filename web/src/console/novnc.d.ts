/** What we use of noVNC, which has no types of its own. */
declare module '@novnc/novnc' {
  export default class RFB extends EventTarget {
    constructor(target: HTMLElement, channel: WebSocket, options?: { shared?: boolean })
    viewOnly: boolean
    scaleViewport: boolean
    clipViewport: boolean
    focusOnClick: boolean
    showDotCursor: boolean
    background: string
    disconnect(): void
    focus(options?: FocusOptions): void
    blur(): void
    /** With a `code` that is known, servers that can take it get the scancode. Without `down`: pressed and let go. */
    sendKey(keysym: number, code: string, down?: boolean): void
    toBlob(done: (blob: Blob | null) => void, type?: string): void
    clipboardPasteFrom(text: string): void
  }
}
