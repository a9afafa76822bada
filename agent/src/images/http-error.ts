/** An answer of the image server that is no success: a status and one line that explains it. */
export class HttpError extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = 'HttpError'
    this.status = status
    this.headers = headers
  }
}

/** 416 with the size that there is. */
export const outOfRange = (message: string, size: number) =>
  new HttpError(416, message, { 'Content-Range': `bytes */${size}` })
