/**
 * A document for xterm, whose `<style>` elements the content security policy does not apply: those made here are hidden elements
 * that keep their rules in a style sheet of the page, which a policy lets scripts do.
 */
export function cspDocument(): Document {
  return new Proxy(document, {
    get(target, key) {
      if (key === 'createElement')
        return (name: string, options?: ElementCreationOptions) =>
          name.toLowerCase() === 'style' ? styleElement() : target.createElement(name, options)
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

function styleElement(): HTMLElement {
  const element = document.createElement('span')
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
