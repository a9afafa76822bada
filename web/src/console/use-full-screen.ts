import { useEffect, useState } from 'react'

/** Keyboards that a page may take whole while it fills the screen (Chromium). */
interface KeyboardLock {
  lock?: () => Promise<void>
  unlock?: () => void
}
const keyboard = (): KeyboardLock => (navigator as { keyboard?: KeyboardLock }).keyboard ?? {}

export interface FullScreen {
  on: boolean
  toggle: () => void
}

/** The whole screen for a console; where the browser can, with the keys that it and the system keep otherwise. */
export function useFullScreen(): FullScreen {
  const [on, setOn] = useState(false)
  useEffect(() => {
    const changed = () => {
      const now = document.fullscreenElement !== null
      if (!now) keyboard().unlock?.()
      setOn(now)
    }
    document.addEventListener('fullscreenchange', changed)
    return () => {
      document.removeEventListener('fullscreenchange', changed)
      if (document.fullscreenElement !== null) void document.exitFullscreen()
    }
  }, [])
  const toggle = () => {
    if (document.fullscreenElement !== null) return void document.exitFullscreen()
    document.documentElement.requestFullscreen().then(
      () => keyboard().lock?.(),
      // A browser that refuses leaves the page as it is.
      () => {},
    )
  }
  return { on, toggle }
}
