// Sticky sessions as balancers write them: nginx, HAProxy, Traefik, Caddy, Kubernetes, Terraform and App Engine, line by line.
import type { Place } from '../../facts/place.ts'

/** A setting that sends a user to the same process again. */
export interface Affinity {
  /** `ip_hash` of nginx. */
  readonly what: string
  readonly place: Place
}

const SETTINGS: readonly (readonly [RegExp, string])[] = [
  [/^\s*ip_hash\s*;/, '`ip_hash` of nginx'],
  [/^\s*hash\s+"?\$(?:remote_addr|binary_remote_addr|cookie_\w+|http_x_forwarded_for)/, '`hash` by client of nginx'],
  [/^\s*sticky\s+(?:cookie|route|learn)\b.*;/, '`sticky` of nginx'],
  [/^\s*balance\s+source\b/, '`balance source` of HAProxy'],
  [/^\s*cookie\s+\S+\s+(?:insert|prefix|rewrite)\b/, 'a cookie of HAProxy'],
  [/^\s*stick\s+(?:on|match|store-request)\s+(?:src|req\.cook|cookie)/, 'a stick table of HAProxy'],
  [/^\s*lb_policy\s+(?:ip_hash|client_ip_hash|cookie)\b/, '`lb_policy` of Caddy'],
  [/^\s*sessionAffinity:\s*["']?ClientIP/, '`sessionAffinity: ClientIP`'],
  [/nginx\.ingress\.kubernetes\.io\/affinity["']?:\s*["']?cookie/, 'cookie affinity of the ingress'],
  [/stickiness\.enabled\s*[=:]\s*["']?true/, 'stickiness of the target group'],
  [/loadbalancer\.sticky(?:\.cookie)?\s*[=:]\s*["']?true/i, '`sticky` of Traefik'],
  [/^\s*session_affinity\s*:\s*true/, '`session_affinity` of App Engine'],
  [
    /^\s*session_affinity\s*=\s*"(?:CLIENT_IP|GENERATED_COOKIE|HTTP_COOKIE)/,
    '`session_affinity` of the backend service',
  ],
  [/^\s*type\s*=\s*"(?:lb_cookie|app_cookie|source_ip)"/, 'stickiness of the target group'],
]
const MAX_LINES = 20_000

/** Sticky sessions in a configuration file; comments do not count. */
export function affinityIn(path: string, text: string): Affinity[] {
  const found: Affinity[] = []
  const lines = text.split('\n', MAX_LINES)
  for (const [index, line] of lines.entries()) {
    if (line.length > 2000 || /^\s*(?:#|\/\/|;)/.test(line)) continue
    const setting = SETTINGS.find(([pattern]) => pattern.test(line))
    if (setting !== undefined) found.push({ what: setting[1], place: { path, line: index + 1 } })
  }
  return found
}
