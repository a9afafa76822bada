import type { FastifyInstance } from 'fastify'

interface Words {
  lang: string
  title: string
  running: string
  console: string
  noConsole: string
  api: string
  ca: string
}

const english: Words = {
  lang: 'en',
  title: 'Rookery is running',
  running:
    'This engine answers oVirt\'s REST API. Sign in there as <b>admin@internal</b>; "rookery up" says which file holds the password.',
  console: 'Web console',
  noConsole: 'The web console is not built here; "rookery up" builds it.',
  api: 'REST API',
  ca: 'CA certificate',
}

const korean: Words = {
  lang: 'ko',
  title: 'Rookery가 실행 중입니다',
  running:
    '이 엔진은 oVirt REST API에 응답합니다. <b>admin@internal</b>로 로그인하세요. 비밀번호가 든 파일은 "rookery up"이 알려 줍니다.',
  console: '웹 콘솔',
  noConsole: '웹 콘솔이 빌드되어 있지 않습니다. "rookery up"을 실행하면 빌드됩니다.',
  api: 'REST API',
  ca: 'CA 인증서',
}

const page = (w: Words, console: boolean): string => `<!doctype html>
<html lang="${w.lang}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${w.title}</title>
<main>
<h1>${w.title}</h1>
<p>${w.running}</p>
${console ? '' : `<p>${w.noConsole}</p>\n`}<ul>
${console ? `<li><a href="/">${w.console}</a></li>\n` : ''}<li><a href="/ovirt-engine/api">${w.api}</a></li>
<li><a href="/ca.crt">${w.ca}</a></li>
</ul>
</main>
</html>
`

/** The language of the page: Korean when the browser asks for it before English. */
const wordsFor = (accept: string | undefined): Words => {
  const text = (accept ?? '').toLowerCase()
  const ko = text.indexOf('ko')
  const en = text.indexOf('en')
  return ko >= 0 && (en < 0 || ko < en) ? korean : english
}

/** The page at oVirt's old front door, and at `/` without a console: what this is and where to go. Nothing on it is anybody's secret. */
export function addWelcome(app: FastifyInstance, o: { console: boolean }): void {
  for (const url of [...(o.console ? [] : ['/']), '/ovirt-engine', '/ovirt-engine/'])
    app.get(url, (request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
        .header('vary', 'accept-language')
        .send(page(wordsFor(request.headers['accept-language']), o.console)),
    )
}
