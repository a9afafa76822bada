/** Everything that can be asked of a VM: what changes its row, and what moves its run. */
export { add } from './add.ts'
export { reboot, reset, shutdown, start, stop, suspend } from './power.ts'
export { remove, update } from './change.ts'
