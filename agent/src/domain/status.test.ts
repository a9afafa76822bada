import assert from 'node:assert/strict'
import { test } from 'node:test'
import { elapse, freshRun, rebooted, rebootShownMs, resumed, shutdownIgnoredMs, statusOf } from './status.ts'

test('a guest is powering up until its agent answers', () => {
  const run = freshRun(0, 60_000)
  assert.equal(statusOf(elapse(run, 1000)), 'powering_up')
  assert.equal(statusOf(elapse({ ...run, up: true }, 1000)), 'up')
})

test('without an agent a guest is up when the grace has passed, and not before', () => {
  const run = freshRun(0, 60_000)
  assert.equal(statusOf(elapse(run, 59_999)), 'powering_up')
  assert.equal(statusOf(elapse(run, 60_000)), 'up')
})

test('the grace of a guest that starts paused begins when it is let go', () => {
  const paused = elapse({ ...freshRun(0, 60_000), paused: 'user' }, 100_000)
  assert.equal(statusOf(paused), 'paused')
  const going = resumed(paused, 100_000)
  assert.equal(statusOf(elapse(going, 159_999)), 'powering_up')
  assert.equal(statusOf(elapse(going, 160_000)), 'up')
})

test('a guest that was up is up again at once after a pause', () => {
  const run = { ...freshRun(0, 60_000), up: true, paused: 'io_error' }
  assert.equal(statusOf(elapse(resumed(run, 100), 100)), 'up')
})

test('a restart shows as reboot_in_progress, then powering_up with a new grace, then up', () => {
  const run = rebooted({ ...freshRun(0, 60_000), up: true }, 100_000)
  assert.equal(statusOf(elapse(run, 100_000)), 'reboot_in_progress')
  const booting = elapse(run, 100_000 + rebootShownMs)
  assert.equal(statusOf(booting), 'powering_up')
  assert.equal(statusOf(elapse(booting, 160_000)), 'up')
})

test('a guest that ignores the power button is shown as running again', () => {
  const run = { ...freshRun(0, 1000), up: true, poweringDownSince: 0 }
  assert.equal(statusOf(elapse(run, shutdownIgnoredMs - 1)), 'powering_down')
  assert.equal(statusOf(elapse(run, shutdownIgnoredMs)), 'up')
})
