/**
 * xterm writes its colours into `<style>` elements, which the content security policy does not apply. Those made through here are
 * hidden elements that keep their rules in a style sheet of the page, which a policy lets scripts do.
 */
function make(name: string, options?: ElementCreationOptions): HTMLElement {
  return name.toLowerCase() === 'style'
    ? styleElement()
    : Document.prototype.createElement.call(document, name, options)
}

/** The page's document for `documentOverride`. */
export function cspDocument(): Document {
  return new Proxy(document, {
    get(target, key) {
      if (key === 'createElement') return make
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

/** Runs what makes elements with the page's own document, past `documentOverride` (xterm 6 does, for its scroll bar). */
export function withoutStyleElements(work: () => void): void {
  Object.defineProperty(document, 'createElement', { value: make, configurable: true })
  try {
    work()
  } finally {
    Reflect.deleteProperty(document, 'createElement')
  }
}

function styleElement(): HTMLElement {
  const element = document.createElementNS('http://www.w3.org/1999/xhtml', 'span') as HTMLElement
  element.hidden = true
  const sheet = new CSSStyleSheet()
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
  let rules = ''
  Object.defineProperties(element, {
    textContent: {
      get: () => rules,
      set(text: string) {
        rules = text
        sheet.replaceSync(text)
      },
    },
    sheet: { get: () => sheet },
    remove: {
      value() {
        document.adoptedStyleSheets = document.adoptedStyleSheets.filter(other => other !== sheet)
        Element.prototype.remove.call(element)
      },
    },
  })
  return element
}
