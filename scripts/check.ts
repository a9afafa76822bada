/**
 * `npm run check`: formatting, linting, types, import rules and what is committed by accident. Each step is shown; the first
 * failure ends with what to do. Part of CI.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { forbiddenText, importProblems } from './import-rules.ts'

const root = join(import.meta.dirname, '..')
const bin = (name: string) => join(root, 'node_modules', '.bin', name)

function run(title: string, command: string, args: string[], cure: string): boolean {
  const started = performance.now()
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (result.status === 0) {
    console.log(`✓ ${title} (${seconds} s)`)
    return true
  }
  console.log(`✗ ${title} (${seconds} s)\n${result.stdout}${result.stderr}${result.error?.message ?? ''}\n  ${cure}`)
  return false
}

function committedFiles(): string[] {
  const listed = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return listed.stdout.split('\0').filter(file => file !== '')
}

function own(title: string, problems: string[]): boolean {
  console.log(problems.length === 0 ? `✓ ${title}` : `✗ ${title}\n${problems.map(p => `  ${p}`).join('\n')}`)
  return problems.length === 0
}

const files = committedFiles()
const sources = files
  .filter(file => /\.tsx?$/.test(file))
  .map(path => ({ path, text: readFileSync(join(root, path), 'utf8') }))

const passed = [
  run('formatting', bin('biome'), ['format', '.'], 'npm run format'),
  run('lint', bin('oxlint'), ['--deny-warnings'], 'fix what it names; the rules are in .oxlintrc.json'),
  run('types', bin('tsc'), ['--noEmit'], 'fix what it names'),
  run('types of the console', bin('tsc'), ['--noEmit', '-p', 'web'], 'fix what it names'),
  run(
    'types of the native dialect',
    process.execPath,
    ['scripts/native-types.ts', '--check'],
    'node scripts/native-types.ts',
  ),
  own('imports point one way', importProblems(sources)),
  own(
    'nothing committed names one machine',
    files.flatMap(path => forbiddenText(path, join(root, path))),
  ),
]
process.exitCode = passed.every(Boolean) ? 0 : 1
