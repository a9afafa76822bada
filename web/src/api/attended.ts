/** After how long without a key, a click or a turn of the wheel nobody counts as sitting before the page (ms). */
const away = 60_000

let lastTouched = Date.now()
/** What works for somebody who asked for it, and may go on while he is away. */
const works: (() => boolean)[] = []

/** Something that counts as use of the session while it is busy: an upload of hours. */
export function countsWhileBusy(busy: () => boolean): void {
  works.push(busy)
}

/** Begins to notice whether somebody uses the page. */
export function watchAttendance(): void {
  const touched = () => {
    lastTouched = Date.now()
  }
  for (const kind of ['pointerdown', 'keydown', 'wheel', 'touchstart'])
    document.addEventListener(kind, touched, { capture: true, passive: true })
}

/**
 * What a request says when the page asks by itself: the engine then does not count it as use of the session, so that a page left open
 * signs out like any other.
 */
export const attendance = (): Record<string, string> =>
  Date.now() - lastTouched > away && !works.some(busy => busy()) ? { 'x-rookery-unattended': '1' } : {}
