// Telemetry as a capability: logs and metrics of a process whose owner asks for them at its start.
import { defineCapability } from '../capability/capability.ts'
import { optionalSetting } from '../module/setting.ts'
import { oneOf } from '../module/text-schema.ts'
import type { Telemetry, TelemetryOptions } from './start-telemetry.ts'

const settings = {
  LOG_LEVEL: optionalSetting({
    schema: oneOf(['debug', 'info', 'warn', 'error']),
    summary: 'least level of log lines that are written; info',
  }),
} as const

/** Logs on stdout and numbers for `/metrics`; loaded only where `start({ telemetry })` asks for it. */
export const telemetryCapability = defineCapability<typeof settings, Telemetry>({
  name: 'telemetry',
  summary: 'log lines, and numbers of requests, calls and statements',
  settings,
  wanted: ({ options }) => options.telemetry !== undefined,
  driver: () => ({ driver: 'json-lines', from: undefined, guarantees: {} }),
  async open({ LOG_LEVEL }, { options }) {
    const { startTelemetry } = await import('./start-telemetry.ts')
    const chosen = options.telemetry as TelemetryOptions // as StartOptions types it
    return startTelemetry({ ...(LOG_LEVEL === undefined ? {} : { level: LOG_LEVEL }), ...chosen })
  },
  metrics: (telemetry) => telemetry.metrics(),
  close: (telemetry) => telemetry.stop(),
})
