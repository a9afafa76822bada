import type { Found } from './examine.ts'
import { columns, type Language, type Text, t } from './text.ts'

const marks = { good: '✓', poor: '!', bad: '✗' } as const

const labels = {
  why: t('why', '원인'),
  next: t('next', '조치'),
} as const

/** Whether something that was found keeps Rookery from working. */
export const blocks = (found: readonly Found[]): boolean => found.some(f => f.verdict === 'bad')

/**
 * The findings for a person. What is fine takes one line; anything else says what, why and what next, with each command on a
 * line of its own so that it can be copied.
 */
export function reportText(found: readonly Found[], language: Language): string {
  const width = Math.max(...found.map(f => columns(f.title[language])))
  const pad = (text: string) => text + ' '.repeat(width - columns(text))
  const indent = ' '.repeat(width + 4)
  const lines = found.flatMap(f => {
    const say = (text: Text) => plain(text[language])
    const head = `${marks[f.verdict]} ${pad(f.title[language])}  ${say(f.what)}`
    if (f.verdict === 'good') return [head]
    return [
      `${head}  [${f.code}]`,
      ...(f.why ? [`${indent}${labels.why[language]}: ${say(f.why)}`] : []),
      ...(f.next ? [`${indent}${labels.next[language]}: ${say(f.next)}`] : []),
      ...(f.run ?? []).map(command => `${indent}  ${plain(command)}`),
    ]
  })
  return [...lines, '', closing(found)[language]].join('\n')
}

/** What it comes to. */
export function closing(found: readonly Found[]): Text {
  const count = (verdict: Found['verdict']) => found.filter(f => f.verdict === verdict).length
  const [bad, poor] = [count('bad'), count('poor')]
  const more = poor ? t(`, ${poor} could be better`, `, 개선할 점 ${poor}개`) : t('', '')
  return bad
    ? t(
        `${bad} of ${found.length} findings keep Rookery from working${more.en}.`,
        `점검 결과 ${found.length}개 중 ${bad}개가 동작을 막습니다${more.ko}.`,
      )
    : t(`Nothing keeps Rookery from working${more.en}.`, `동작을 막는 문제가 없습니다${more.ko}.`)
}

/** Names of programs and lines of files are others' text: no control or direction characters of theirs reach the terminal. */
const plain = (text: string): string => text.replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '�')
