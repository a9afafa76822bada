import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Where the console stands once it is built: `web/dist` of this checkout. */
export const consoleFolder = join(import.meta.dirname, '..', '..', '..', 'web', 'dist')

/**
 * Scripts, styles and connections from here only; no page of others may frame ours. `data:` pictures are what noVNC draws JPEG
 * rectangles and guest cursors with; nothing else needs an exception.
 */
export const contentSecurityPolicy = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** Whether a console was built. */
export const hasConsole = (folder = consoleFolder): boolean => existsSync(join(folder, 'index.html'))

/** Addresses that pages have; every other unknown path stays a 404. */
const pages = ['/', '/sign-in', '/admin', '/admin/*', '/portal', '/portal/*', '/go/*']

/** What oVirt's users have in their bookmarks. */
const former = ['/ovirt-engine/webadmin', '/ovirt-engine/webadmin/*', '/ovirt-engine/web-ui', '/ovirt-engine/web-ui/*']

/**
 * The web console: files whose names hold a hash of their content are kept by browsers for a year; the page itself is asked for anew,
 * so that an upgrade shows at the next visit. Compressed copies (`.br`, `.gz`) that stand beside a file are sent to who takes them.
 */
export async function addConsole(app: FastifyInstance, folder = consoleFolder): Promise<void> {
  await app.register(fastifyStatic, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    index: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const hashed = /-[\w-]{8}\.\w+(\.br|\.gz)?$/.test(path)
      reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      reply.header('content-security-policy', contentSecurityPolicy)
    },
  })
  const page = (_request: FastifyRequest, reply: FastifyReply) =>
    reply
      .header('content-security-policy', contentSecurityPolicy)
      .header('cache-control', 'no-cache')
      .header('referrer-policy', 'same-origin')
      .header('cross-origin-opener-policy', 'same-origin')
      .header('permissions-policy', 'camera=(), microphone=(), geolocation=()')
      .sendFile('index.html', folder, { cacheControl: false })
  for (const url of pages) app.get(url, page)
  for (const url of former) app.get(url, (_request, reply) => reply.redirect('/'))
}
