/**
 * Runs outside of the hosts: keeps one TCP connection to an echo server open and sends a number every few milliseconds. Says when the first
 * came back; at the end of its input it prints what it saw: `{ sent, echoed, longestGapMs, reset }`. Arguments: address, port.
 */
import { connect } from 'node:net'

const [host = '', port = ''] = process.argv.slice(2)
const everyMs = 10
let sent = 0
let echoed = 0
let longestGapMs = 0
let last = 0
let reset: string | null = null
let left = ''

const socket = connect({ host, port: Number(port) })
socket.setNoDelay(true)
socket.on('connect', () => {
  setInterval(() => socket.writable && socket.write(`${++sent}\n`), everyMs)
})
socket.on('data', bytes => {
  const lines = (left + bytes.toString()).split('\n')
  left = lines.pop() ?? ''
  for (const line of lines) {
    if (Number(line) !== echoed + 1) reset ??= `after ${echoed} came ${line}`
    echoed++
  }
  const now = performance.now()
  if (last === 0) process.stdout.write('connected\n')
  else longestGapMs = Math.max(longestGapMs, now - last)
  last = now
})
socket.on('error', error => {
  reset ??= error.message
})
socket.on('close', () => {
  reset ??= 'closed by the guest'
})

let asked = ''
process.stdin.on('data', bytes => {
  asked += bytes.toString()
  // Each line asks for what was seen since the last one.
  for (let end = asked.indexOf('\n'); end >= 0; end = asked.indexOf('\n')) {
    asked = asked.slice(end + 1)
    process.stdout.write(`${JSON.stringify({ sent, echoed, longestGapMs: Math.round(longestGapMs), reset })}\n`)
    longestGapMs = 0
  }
})
process.stdin.on('end', () => process.exit(0))
