import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RawAnswer, RememberedRows } from './remembered.ts'

const [int4, text, uuid] = [23, 25, 2950]
const fields = (...columns: [string, number][]) =>
  columns.map(([name, dataTypeID]) => ({ name, dataTypeID })) as unknown as RawAnswer['fields']
const vm = fields(['id', uuid], ['cpu_count', int4], ['note', text])

interface Row {
  id: string
  cpuCount: number
  note: string | null
}

function memory(most = 10) {
  const made: string[] = []
  const rows = new RememberedRows<Row>({
    most,
    make: row => {
      made.push(String(row['id']))
      return row as unknown as Row
    },
  })
  return { made, rowsOf: (...raw: (string | null)[][]) => rows.rowsOf({ fields: vm, rows: raw }), rows }
}

test('a row is made from its columns as any other, and made once while its text stays', () => {
  const { made, rowsOf } = memory()
  const [first] = rowsOf(['a', '2', null])
  assert.deepEqual({ ...first }, { id: 'a', cpuCount: 2, note: null })
  assert.equal(rowsOf(['a', '2', null])[0], first)
  assert.deepEqual(made, ['a'])
})

test('one column that changed makes the row anew, whichever it is', () => {
  const { rowsOf } = memory()
  const [first] = rowsOf(['a', '2', null])
  const [second] = rowsOf(['a', '3', null])
  assert.equal(second?.cpuCount, 3)
  assert.equal(rowsOf(['a', '3', 'x'])[0]?.note, 'x')
  assert.equal(rowsOf(['a', '3', null])[0]?.note, null)
  assert.equal(first?.cpuCount, 2, 'who holds the old row still has what he was told')
})

test('what is shared cannot be changed by one of those who hold it', () => {
  const { rowsOf } = memory()
  const [row] = rowsOf(['a', '2', null])
  assert.throws(() => Object.assign(row as Row, { note: 'mine' }), TypeError)
})

test('the answer decides which rows there are and their order, never the memory', () => {
  const { rowsOf } = memory()
  rowsOf(['a', '1', null], ['b', '1', null], ['c', '1', null])
  assert.deepEqual(
    rowsOf(['c', '1', null], ['a', '1', null]).map(row => row.id),
    ['c', 'a'],
  )
  assert.deepEqual(rowsOf(), [])
})

test('a list longer than the memory does not push out what was just used', () => {
  const { made, rowsOf } = memory(2)
  const all = () => rowsOf(['a', '1', null], ['b', '1', null], ['c', '1', null])
  assert.equal(all().length, 3)
  all()
  assert.deepEqual(made, ['a', 'b', 'c', 'c'], 'only what found no room is made again')
})

test('an answer with other columns is never read by the places of the last one', () => {
  const { rowsOf, rows } = memory()
  rowsOf(['a', '2', null])
  const [row] = rows.rowsOf({
    fields: fields(['id', uuid], ['note', text], ['cpu_count', int4]),
    rows: [['a', '2', '7']],
  })
  assert.deepEqual({ ...row }, { id: 'a', note: '2', cpuCount: 7 })
})
