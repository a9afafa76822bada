import { X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { fromErrorRecord, unavailable } from '@rookery/model'

/** Where an engine is asked. */
export interface EngineAt {
  readonly url: string
  /** The name that its certificate is checked for, where it is not the one in the URL. */
  readonly name?: string | undefined
}

/** An answer, and the address of ours that the question went out by. */
export interface Answered {
  readonly body: string
  readonly localAddress: string
}

/**
 * The authority of the engine, known by its fingerprint. The connection that brings it is not trusted; the fingerprint is.
 * @throws RookeryError `unavailable` `join.other_engine` when another authority answers there
 */
export async function fetchAuthority(at: EngineAt, fingerprint: string): Promise<string> {
  const path = '/ovirt-engine/services/pki-resource?resource=ca-certificate&format=X509-PEM-CA'
  const { body } = await ask(at, path, { rejectUnauthorized: false })
  let found = ''
  try {
    found = new X509Certificate(body).fingerprint256
  } catch {
    // what answered is no engine: the fingerprint does not fit either
  }
  if (found === fingerprint) return body
  throw unavailable(
    'join.other_engine',
    `${at.url} is not the engine that made this token: its authority has the fingerprint ${found || '(none)'}, not ${fingerprint}. ` +
      'Nothing was changed. Check the address, and that nobody stands between.',
  )
}

/** One call of the engine, which shows a certificate of that authority. Throws what the engine answers with. */
export function ask(
  at: EngineAt,
  path: string,
  o: { ca?: string; rejectUnauthorized?: boolean; body?: unknown },
): Promise<Answered> {
  const url = new URL(path, at.url)
  const text = o.body === undefined ? undefined : JSON.stringify(o.body)
  return new Promise((resolve, reject) => {
    const call = request(url, {
      method: text === undefined ? 'GET' : 'POST',
      agent: false,
      ca: o.ca,
      servername: at.name ?? (isAddress(url.hostname) ? '' : url.hostname),
      rejectUnauthorized: o.rejectUnauthorized ?? true,
      ...(at.name === undefined ? {} : { headers: { host: at.name } }),
      timeout: 30_000,
    })
    if (text !== undefined) call.setHeader('content-type', 'application/json')
    call.on('timeout', () => call.destroy(new Error('it does not answer')))
    call.on('error', cause =>
      reject(unavailable('join.unreachable', `The engine at ${at.url} cannot be asked: ${cause.message}.`, { cause })),
    )
    call.on('response', answer => {
      const { localAddress = '' } = answer.socket as TLSSocket
      let body = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        if ((answer.statusCode ?? 0) < 300) resolve({ body, localAddress: localAddress.replace(/^::ffff:/, '') })
        else reject(refusal(answer.statusCode ?? 0, body, at.url))
      })
    })
    call.end(text)
  })
}

const isAddress = (host: string): boolean => /^[\d.]+$|:/.test(host)

function refusal(status: number, body: string, url: string): Error {
  try {
    const { error } = JSON.parse(body) as { error?: Parameters<typeof fromErrorRecord>[0] }
    if (error !== undefined) return fromErrorRecord(error)
  } catch {
    // no answer of an engine
  }
  return unavailable('join.unreachable', `The engine at ${url} answered with ${status}.`)
}
