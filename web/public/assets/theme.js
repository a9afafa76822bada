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
