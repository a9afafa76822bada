// Runs before the first paint, as a file of its own because the content security policy allows no script in the page.
// Theme, density and language are kept in this browser and, for the signed-in user, by the engine (shell/appearance.ts).
;(() => {
  const root = document.documentElement
  const kept = key => {
    try {
      return localStorage.getItem(`rookery.${key}`)
    } catch {
      return null
    }
  }
  const theme = kept('theme') ?? 'system'
  const dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  root.classList.toggle('pf-v6-theme-dark', dark)
  root.classList.toggle('pf-v6-theme-high-contrast', theme === 'contrast')
  root.dataset.density = kept('density') ?? 'compact'
  root.dataset.keys = kept('singleKeys') ?? 'on'
  root.lang = kept('language') ?? (navigator.language.startsWith('ko') ? 'ko' : 'en')
})()

// A script or style that did not come leaves the page empty. Browsers drop what is on its way when a network of their machine changes,
// as it does where VMs start on the same machine: the page is loaded again, at most twice in a row (main.tsx forgets the count).
addEventListener(
  'error',
  event => {
    const part = event.target
    const vital = part instanceof HTMLScriptElement || (part instanceof HTMLLinkElement && part.rel === 'stylesheet')
    if (!vital) return
    try {
      const tries = Number(sessionStorage.getItem('rookery.loads') ?? 0) + 1
      sessionStorage.setItem('rookery.loads', String(tries))
      if (tries <= 2) setTimeout(() => location.reload(), 300 * tries)
    } catch {
      // Without a place for the count it could go on for ever.
    }
  },
  true,
)
