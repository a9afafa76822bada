/**
 * Makes what differs from run to run the same: ids, times, tokens, passwords, ports, numbers that are measured. Types stay
 * what they are, so that a reader takes the text as before. One of these is made for each sample: the first id that it meets is number 1.
 */
export class Normaliser {
  readonly #ids = new Map<string, string>()

  text(text: string): string {
    return text
      .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, id =>
        this.#id(id.toLowerCase()),
      )
      .replaceAll(/\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?/g, '2026-01-02T03:04:05.000Z')
      .replaceAll(/\b(https?:\/\/)(?:127\.0\.0\.1|localhost|\[::1\]):\d+/g, '$1rookery.example:8443')
      .replaceAll(/\b(?:127\.0\.0\.1|localhost):\d{4,5}\b/g, 'rookery.example:8443')
      .replaceAll(/("access_token": ?")[^"]*/g, '$1TOKEN')
      .replaceAll(
        /(\b(?:token|password|username)=)[^&\s]*/g,
        (_, key: string) => `${key}${key.startsWith('username') ? 'admin%40internal' : 'SECRET'}`,
      )
      .replaceAll(/(<(?:value|ticket)>)[^<]{6,}(<\/(?:value|ticket)>)/g, '$1SECRET$2')
      .replaceAll(/(<(?:root_password|password)>)[^<]*/g, '$1SECRET')
      .replaceAll(/(<remote_viewer_connection_file>)[^<]*/g, '$1[virt-viewer]')
      .replaceAll(measured, '<$1>1</$1>')
      .replaceAll(/<datum>-?[\d.]+<\/datum>/g, '<datum>1</datum>')
      .replaceAll(
        /(<(?:fqdn|host_name|hw_id|fingerprint|public_key|full_version|revision|build|subject|content|organization|version_detail|hypervisor_type)>)[^<]+/g,
        fixed,
      )
      .replaceAll(
        /\b(?:walk|errors|tour|dc|cl|net|p|tag|inline|moved|read|img|iso|d|corner|second|sub|role|alice|curl|govirt|host|cancelled|kept|broken|overlay|paused|in|domain)[-.]?[0-9a-f]{6,8}\b/g,
        name => `${name.replace(/[-.]?[0-9a-f]{6,8}$/, '')}-1`,
      )
      .replaceAll(/\b56:6f(?::[0-9a-f]{2}){4}\b/g, '56:6f:00:00:00:01')
  }

  #id(id: string): string {
    // What clients rely on is no chance: 0-padded constants stay.
    if (/^0{8}-|^eee00000|^def00006|^0000000a-/.test(id)) return id
    const known = this.#ids.get(id)
    if (known !== undefined) return known
    const made = `7a1d0f7e-0000-4000-8000-${String(this.#ids.size + 1).padStart(12, '0')}`
    this.#ids.set(id, made)
    return made
  }
}

/** Elements with a number that is measured or that counts up. */
const measured =
  /<(available|used|committed|actual_size|total_size|initial_size|transferred|max_scheduling_memory|speed|cores|sockets|threads|memory_usage|uptime|index|expiry|elapsed|progress|port|secure_port|tls_port|total|active)>\d+(?:\.\d+)?<\/\1>/g

function fixed(_: string, tag: string): string {
  const name = tag.slice(1, -1)
  return name === 'build' || name === 'revision' ? `${tag}0` : `${tag}text`
}
