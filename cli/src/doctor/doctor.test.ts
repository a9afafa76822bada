import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { appRoot, paths } from '../instance/paths.ts'
import { checks } from './checks.ts'
import { examine, FAILED, withOption } from './examine.ts'
import { bad, check, good, poor } from './finding.ts'
import { blocks, reportText } from './report.ts'
import type { Scene } from './scene.ts'
import { columns, languageOf, same, t } from './text.ts'

const scene: Scene = {
  paths: paths('/nowhere'),
  settings: undefined,
  broken: undefined,
  status: { running: false, healthy: false, version: '0', dataDir: '/nowhere', problems: [], notes: [] },
  unseen: false,
  root: true,
  option: '',
}

test('docs/doctor.md lists every finding that a check can give, and no other', async () => {
  const text = await readFile(join(appRoot, 'docs/doctor.md'), 'utf8')
  const listed = [...text.matchAll(/^\| `(doctor\.[a-z_.]+)` \|/gm)].map(m => m[1])
  const given = [...checks.flatMap(c => c.codes), FAILED]
  assert.deepEqual([...listed].sort(), [...given].sort())
  assert.equal(new Set(given).size, given.length)
})

test('every code carries the topic of its check', () => {
  for (const c of checks) for (const code of c.codes) assert.match(code, new RegExp(`^doctor\\.${c.topic}\\.[a-z_]+$`))
})

test('no Korean sentence has a variable followed by a particle that depends on its last sound', async () => {
  for await (const file of glob('cli/src/doctor/**/*.ts', { cwd: appRoot })) {
    if (file.endsWith('.test.ts')) continue
    const text = await readFile(join(appRoot, file), 'utf8')
    assert.deepEqual(
      text.match(/\$\{[^}]*\}(은|는|이|가|을|를|과|와|로|으로|이며|입니다|라고|여야)(?![가-힣])/g),
      null,
      file,
    )
  }
})

test('a look that fails is a finding, and the others are still made', async () => {
  const one = check({
    topic: 'one',
    title: same('one'),
    codes: ['doctor.one.ok'],
    gather: async () => {
      throw new Error('no such file')
    },
    decide: () => [good('doctor.one.ok', same('fine'))],
  })
  const two = check({
    topic: 'two',
    title: same('two'),
    codes: ['doctor.two.ok'],
    gather: async () => 1,
    decide: () => [good('doctor.two.ok', same('fine'))],
  })
  const found = await examine(scene, [one, two])
  assert.deepEqual(
    found.map(f => [f.topic, f.code, f.why?.en]),
    [
      ['one', FAILED, 'no such file'],
      ['two', 'doctor.two.ok', undefined],
    ],
  )
})

test('the language is the one asked for, else the environment’s in the C library’s order', () => {
  assert.equal(languageOf('ko', {}), 'ko')
  assert.equal(languageOf('fr', {}), undefined)
  assert.equal(languageOf(undefined, { LANG: 'ko_KR.UTF-8' }), 'ko')
  assert.equal(languageOf(undefined, { LANG: 'ko_KR.UTF-8', LC_ALL: 'C.UTF-8' }), 'en')
  assert.equal(languageOf(undefined, { LANG: 'kok_IN' }), 'en')
  assert.equal(languageOf(undefined, {}), 'en')
})

test('a report has one line for what is fine, and what, why, next and the commands for what is not', () => {
  const found = [
    { topic: 'a', title: t('disk', '디스크'), ...good('x.ok', t('fine', '정상')) },
    {
      topic: 'b',
      title: t('port', '포트'),
      ...bad('x.taken', {
        what: t('Taken.', '사용 중.'),
        why: t('By x.', 'x.'),
        next: t('Stop it:', '멈추십시오.'),
        run: ['kill 1'],
      }),
    },
  ]
  assert.equal(
    reportText(found, 'en'),
    '✓ disk  fine\n✗ port  Taken.  [x.taken]\n        why: By x.\n        next: Stop it:\n          kill 1\n\n1 of 2 findings keep Rookery from working.',
  )
  assert.match(reportText(found, 'ko'), /^✓ 디스크  정상\n✗ 포트 {4}사용 중\./)
  assert.ok(blocks(found))
  assert.equal(columns('디스크 a'), 8)
})

test('control and direction characters in what others named do not reach the terminal', () => {
  const found = [{ topic: 'a', title: same('a'), ...poor('x', { what: same('\u001b[31mred\u202etxt') }) }]
  assert.match(reportText(found, 'en'), /�\[31mred�txt/)
})

test('our own commands in a cure name the instance that was looked at', () => {
  assert.equal(
    withOption('./rookery down && ./rookery up --detach', ' --data-dir /d'),
    './rookery down --data-dir /d && ./rookery up --data-dir /d --detach',
  )
  assert.equal(withOption('./rookery up --data-dir /else', ' --data-dir /d'), './rookery up --data-dir /else')
  assert.equal(withOption('./rookery up', ''), './rookery up')
})
