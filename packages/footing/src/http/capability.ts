// HTTP as a capability: the door of a process. It opens last and closes first.
import { defineCapability } from '../capability/capability.ts'
import { optionalSetting, setting } from '../module/setting.ts'
import { anyText, textSchema, wholeNumber } from '../module/text-schema.ts'
import { drainListener } from './drain-listener.ts'
import { type Listener, openListener } from './listener.ts'

const settings = {
  HOST: optionalSetting({ schema: anyText(), summary: 'address to listen on; loopback, in production all' }),
  PORT: setting({ schema: wholeNumber(0, 65_535), default: 3000, summary: 'port to listen on; 0 takes a free one' }),
  TRUST_PROXY: setting({
    schema: proxies(),
    default: 0,
    summary:
      'how many proxies in front add to X-Forwarded-For, true for one; only where strangers cannot reach this port',
  }),
  METRICS_TOKEN: optionalSetting({
    schema: textSchema('at least 16 characters', (text) => (text.length >= 16 ? text : undefined)),
    secret: true,
    summary: 'bearer token that /metrics asks for; without it production does not serve /metrics',
  }),
  DRAIN_DELAY_MS: optionalSetting({
    schema: wholeNumber(0, 120_000),
    summary: 'milliseconds between saying "not ready" and closing the door; 100, in production 3000',
  }),
} as const

/** What a running process shows of its door. */
export interface OpenHttp {
  /** Undefined until every module has started. */
  listener: Listener | undefined
  readonly drain: (listener: Listener, deadlineMs: number) => Promise<void>
}

/** Routes, health, metrics and the description of the API. */
export const httpCapability = defineCapability<typeof settings, OpenHttp>({
  name: 'http',
  summary: 'routes of the modules, health, metrics and the description of the API',
  settings,
  edge: true,
  wanted: () => true,
  open: ({ DRAIN_DELAY_MS }, { clock, profile }) => ({
    listener: undefined,
    drain: (listener, deadlineMs) => drainListener(listener, { clock, profile, delayMs: DRAIN_DELAY_MS, deadlineMs }),
  }),
  async start(http, process) {
    http.listener = await openListener(process)
  },
  running: (http) => ({
    get url() {
      return http.listener?.url
    },
    get port() {
      return http.listener?.port
    },
    get routes() {
      return http.listener?.routes ?? []
    },
  }),
  async drain(http, deadlineMs) {
    if (http.listener !== undefined) await http.drain(http.listener, deadlineMs)
  },
})

/** The values of its settings, as the listener reads them. */
export type HttpValues = {
  readonly HOST: string | undefined
  readonly PORT: number
  readonly TRUST_PROXY: number
  readonly METRICS_TOKEN: string | undefined
}

/** Only what a proxy of ours has added is believed: whatever stands before that came from the client. */
function proxies() {
  return textSchema('true, false, or a number of proxies from 0 to 10', (text) => {
    if (/^(true|yes|on)$/i.test(text)) return 1
    if (/^(false|no|off)$/i.test(text)) return 0
    return /^(\d|10)$/.test(text) ? Number(text) : undefined
  })
}
