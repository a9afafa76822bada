import { invalid } from '@rookery/model'
import { SaxesParser } from 'saxes'

/** An element as it was read: attributes, the text directly inside, and the children in order. */
export interface XmlElement {
  name: string
  attributes: Map<string, string>
  text: string
  children: XmlElement[]
}

/** Deepest nesting that is read; the API's own documents stay under 12. */
export const maxDepth = 64
/** Most elements in one document; a full VM has about 200. */
export const maxElements = 20_000

/**
 * Reads a document without entities, DOCTYPE or processing instructions. Anything else, or text that is no XML, is `invalid`
 * with line and column. Size is limited by the server before this is called.
 */
export function readXml(text: string): XmlElement {
  const parser = new SaxesParser()
  const stack: XmlElement[] = []
  let root: XmlElement | undefined
  let count = 0
  const where = () => `line ${parser.line}, column ${parser.column}`
  const refuse = (code: string, why: string): never => {
    throw invalid(`xml.${code}`, `The XML is refused at ${where()}: ${why}.`)
  }
  parser.on('error', error => refuse('malformed', error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')))
  parser.on('doctype', () => refuse('doctype', 'a document type declaration is not accepted'))
  parser.on('opentag', tag => {
    if (stack.length >= maxDepth) refuse('depth', `elements are nested more than ${maxDepth} deep`)
    if (++count > maxElements) refuse('elements', `there are more than ${maxElements} elements`)
    const element: XmlElement = {
      name: tag.name,
      attributes: new Map(Object.entries(tag.attributes)),
      text: '',
      children: [],
    }
    const parent = stack.at(-1)
    if (parent) parent.children.push(element)
    else root = element
    stack.push(element)
  })
  const addText = (piece: string) => {
    const top = stack.at(-1)
    if (top) top.text += piece
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    stack.pop()
  })
  parser.write(text).close()
  return root ?? refuse('empty', 'there is no element')
}
