import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fate, type Packet } from './chain.ts'
import { openGuestServices, openLoopback, openPorts, openWayOut } from './cure.ts'
import { iptablesTable } from './iptables.ts'
import { nftTables } from './nft.ts'

const input = (port: number, more: Partial<Packet> = {}): Packet => ({
  hook: 'input',
  family: 4,
  protocol: 'tcp',
  port,
  from: 'eth0',
  to: undefined,
  ...more,
})

/** An input chain of nftables with some rules, as JSON. */
const nft = (policy: string, ...rules: unknown[][]) =>
  nftTables(
    JSON.stringify({
      nftables: [
        { metainfo: {} },
        { table: { family: 'inet', name: 'filter' } },
        { chain: { family: 'inet', table: 'filter', name: 'input', type: 'filter', hook: 'input', prio: 0, policy } },
        { chain: { family: 'inet', table: 'filter', name: 'own' } },
        {
          set: {
            family: 'inet',
            table: 'filter',
            name: 'open',
            elem: [22, { range: [8000, 9000] }, { elem: { val: 5900, timeout: 5 } }],
          },
        },
        ...rules.map(expr => ({ rule: { family: 'inet', table: 'filter', chain: 'input', expr } })),
        { rule: { family: 'inet', table: 'filter', chain: 'own', expr: [dport(443), { accept: null }] } },
        { rule: { family: 'inet', table: 'filter', chain: 'own', expr: [dport(80), { reject: null }] } },
      ],
    }),
  )
const match = (left: unknown, right: unknown, op = '==') => ({ match: { op, left, right } })
const dport = (right: unknown) => match({ payload: { protocol: 'tcp', field: 'dport' } }, right)
const meta = (key: string, right: unknown) => match({ meta: { key } }, right)
const source = match({ payload: { protocol: 'ip', field: 'saddr' } }, '10.0.0.1')
const accept = { accept: null }
const state = (tables: ReturnType<typeof nft>, p: Packet) => fate(tables, p).state

test('R76: a policy that drops closes what no rule accepts, by number, range, set and named set', () => {
  const tables = nft('drop', [dport({ set: [22, { range: [5000, 5010] }] }), accept], [dport('@open'), accept])
  assert.deepEqual(
    [22, 5005, 8443, 5900, 7].map(p => state(tables, input(p))),
    ['open', 'open', 'open', 'open', 'closed'],
  )
  const [place] = fate(tables, input(7)).places
  assert.deepEqual([place?.table, place?.chain, place?.policy, place?.how], ['filter', 'input', true, 'drop'])
})

test('a rule about who asks is neither open nor closed', () => {
  assert.equal(state(nft('drop', [source, dport(8443), accept]), input(8443)), 'some')
  assert.equal(state(nft('accept', [source, { drop: null }]), input(8443)), 'some')
  assert.equal(state(nft('drop', [{ limit: { rate: 5 } }, accept]), input(8443)), 'some')
})

test('cards, families, states and verdict maps', () => {
  const lo = [meta('iifname', { set: ['lo', 'br*'] }), accept]
  assert.deepEqual(
    ['lo', 'br0', 'eth0'].map(from => state(nft('drop', lo), input(1, { from }))),
    ['open', 'open', 'closed'],
  )
  const vmap = (key: unknown, set: unknown) => [{ vmap: { key, data: { set } } }]
  const established = vmap({ ct: { key: 'state' } }, [
    ['established', accept],
    ['invalid', { drop: null }],
  ])
  assert.equal(state(nft('drop', established), input(1)), 'closed')
  assert.equal(state(nft('accept', established), input(1)), 'open')
  const byCard = vmap({ meta: { key: 'iifname' } }, [
    ['lo', accept],
    ['eth0', { jump: { target: 'own' } }],
  ])
  assert.deepEqual(
    [443, 80, 7].map(p => state(nft('accept', byCard), input(p))),
    ['open', 'closed', 'open'],
  )
  assert.deepEqual(fate(nft('accept', byCard), input(80)).places[0]?.path, ['input', 'own'])
  const six = nft('accept', [meta('nfproto', 'ipv6'), { drop: null }])
  assert.deepEqual([state(six, input(1)), state(six, input(1, { family: 6 }))], ['open', 'closed'])
  const notMine = nft('accept', [match({ payload: { protocol: 'tcp', field: 'dport' } }, 22, '!='), { drop: null }])
  assert.deepEqual(
    [22, 23].map(p => state(notMine, input(p))),
    ['open', 'closed'],
  )
  assert.equal(state(nft('drop', [dport(67), accept]), input(67, { protocol: 'udp' })), 'closed')
})

test('a goto does not come back to the chain that it left, a jump does', () => {
  const goto = nft('drop', [{ goto: { target: 'own' } }], [accept])
  const jump = nft('drop', [{ jump: { target: 'own' } }], [accept])
  assert.deepEqual([state(goto, input(7)), state(jump, input(7))], ['closed', 'open'])
})

const saved = `# by iptables-save
*nat
:PREROUTING ACCEPT [0:0]
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:DOCKER-USER - [0:0]
:ufw-user-input - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m multiport --dports 22,8000:9000 -m comment --comment "web -j DROP" -j ACCEPT
-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 5432 -j ACCEPT
-A INPUT ! -i eth0 -p udp -m udp --dport 67 -j ACCEPT
-A INPUT -j ufw-user-input
-A ufw-user-input -p tcp -m tcp --dport 443 -j ACCEPT
-A ufw-user-input -p tcp -m tcp --dport 25 -j REJECT --reject-with tcp-reset
COMMIT
`

test('R76: the rules of iptables-save, with comments, negation, ranges and chains of ufw and Docker', () => {
  const table = iptablesTable(saved, 'iptables') ?? assert.fail()
  const tables = [table]
  assert.deepEqual(
    [22, 8443, 443, 5432, 25, 7].map(p => state(tables, input(p))),
    ['open', 'open', 'open', 'some', 'closed', 'closed'],
  )
  assert.equal(state(tables, input(67, { protocol: 'udp', from: 'br0' })), 'open')
  assert.equal(state(tables, input(67, { protocol: 'udp' })), 'closed')
  assert.equal(state(tables, input(7, { family: 6 })), 'open', 'IPv6 has tables of its own')
  assert.equal(fate(tables, input(7)).places[0]?.keeper, 'ufw')
  assert.equal(fate(tables, { ...input(443), hook: 'forward', from: 'rk0', to: 'eth0' }).places[0]?.keeper, 'ufw')
  assert.equal(iptablesTable('', 'iptables'), undefined)
})

test('R76, R131: cures open what they name in the words of whoever keeps the rules', () => {
  const place = {
    by: 'iptables',
    family: 'ip',
    table: 'filter',
    chain: 'INPUT',
    path: ['INPUT'],
    policy: true,
    how: 'drop',
  } as const
  const ports = ['8443', '5900-6923']
  assert.deepEqual(openPorts({ ...place, keeper: 'iptables' }, ports), [
    'iptables -I INPUT -p tcp -m multiport --dports 8443,5900:6923 -j ACCEPT',
  ])
  assert.deepEqual(openPorts({ ...place, keeper: 'ufw' }, ports), ['ufw allow 8443/tcp', 'ufw allow 5900:6923/tcp'])
  assert.deepEqual(
    openWayOut({ ...place, chain: 'FORWARD', keeper: 'docker' }, 'rk')[0],
    'iptables -I DOCKER-USER -i rk+ -j ACCEPT',
  )
  const native = { ...place, by: 'nft', family: 'inet', chain: 'input', keeper: 'nft' } as const
  assert.deepEqual(openLoopback(native), ['nft insert rule inet filter input iifname lo accept'])
  const firewalld = {
    ...native,
    table: 'firewalld',
    keeper: 'firewalld',
    path: ['filter_INPUT', 'filter_IN_work'],
  } as const
  assert.match(openPorts(firewalld, ports)[0] ?? '', /--zone=work --add-port=8443\/tcp --add-port=5900-6923\/tcp/)
  assert.match(openGuestServices(firewalld, 'rk').join('\n'), /--zone=rookery --add-interface=rk\+/)
})
