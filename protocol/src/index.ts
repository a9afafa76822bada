/**
 * The contract between engine and host agent: schemas here, `client.ts` for the engine, `contract/` for the suite that both
 * the agent and the simulator pass.
 *
 * | call | meaning |
 * |---|---|
 * | `GET /v1/host` | `HostFacts` |
 * | `GET /v1/inventory?volumes=ID,ID` | `HostInventory`: everything of the engine's that is on the host, looked at now |
 * | `GET /v1/watch` | a stream of `WatchLine`s, one JSON document a line |
 * | `PUT /v1/tasks/{id}` | body `TaskRequest`; 200 with `TaskState`; the same id is the same task; 410 for a cancelled or expired id |
 * | `GET /v1/tasks/{id}?wait=30` | `TaskState`, as soon as it is not running or after `wait` seconds; 404 for an unknown id |
 * | `DELETE /v1/tasks/{id}` | cancels, leaves a tombstone even for an unknown id; 200 with `TaskState` |
 * | `POST /v1/tasks/acknowledge` | body `{ ids }`: the engine has recorded these ends; 204 |
 * | `/v1/images/{ticket}` | the imageio protocol for the ticket |
 * | `GET /v1/console/{ticket}` | with `Upgrade: rookery-console`: 101, then the raw bytes of the console both ways |
 *
 * Everything is HTTPS/1.1 with a client certificate of the engine's CA. Errors are `{ error: WireError }` with 400 invalid,
 * 403 forbidden, 404 notFound, 409 conflict, 410 gone, 500 otherwise.
 */
export * from './domain-spec.ts'
export * from './enrolment.ts'
export * from './host.ts'
export * from './inventory.ts'
export * from './refs.ts'
export * from './task-state.ts'
export * from './tasks/index.ts'
export * from './watch.ts'
