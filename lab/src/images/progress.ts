/** Told what a long command is doing now, one short line at a time. */
export type Progress = (line: string) => void

/** For callers that do not show progress. */
export const silent: Progress = () => undefined
