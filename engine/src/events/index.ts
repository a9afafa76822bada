/** History (events) and what live pages follow (changes). */
export { catalog, type EventDetails, type EventName, eventText, type Severity } from './catalog.ts'
export { changesSince, currentCursor, pruneChanges, tellable } from './changes.ts'
export { numberAllEvents, numberEvents } from './sequencer.ts'
export { ChangeFeed, streamChanges } from './stream.ts'
