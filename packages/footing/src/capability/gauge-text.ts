// Numbers of capabilities as Prometheus reads them.
import type { Gauge } from './capability.ts'

/** Numbers of capabilities in the Prometheus text format, one block for each name. */
export function gaugeText(gauges: readonly Gauge[]): string {
  const byName = Map.groupBy(gauges, ({ name }) => name)
  const blocks = [...byName].map(([name, [first, ...more]]) => {
    const lines = [first, ...more].flatMap((gauge) => (gauge === undefined ? [] : [lineOf(gauge)]))
    return `# HELP ${name} ${first?.help ?? ''}\n# TYPE ${name} ${first?.type ?? 'gauge'}\n${lines.join('')}`
  })
  return blocks.join('')
}

function lineOf({ name, labels = {}, value }: Gauge): string {
  const told = Object.entries(labels).map(([label, text]) => `${label}="${text.replace(/[\\"\n]/g, ' ')}"`)
  return `${name}${told.length === 0 ? '' : `{${told.join(',')}}`} ${value}\n`
}
