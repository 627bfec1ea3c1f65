// A drill's report as one page of HTML: no script, no request.
import { escapeMarkup as esc } from '../../map/escape-markup.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { DrillReport, Times } from './report.ts'
import { asSuspect, evidenceLine, faultCounts } from './show-report.ts'
import { drawTimeLine } from './time-line.ts'

/** Makes the page. */
export function drillPage(report: DrillReport): string {
  const { load, latency, recovery, errors, leftovers } = report
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${esc(`${report.drill} on ${report.app}: ${report.outcome}`)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${esc(report.drill)} on ${esc(report.app)} ${mark(report.outcome)}</h1>
<p class="quiet">${esc(report.startedAt.replace('T', ' ').slice(0, 19))} UTC, ${Math.round(report.tookMs / 1000)} s. ${load.sent} operations by ${load.clients} clients: ${load.done} done, ${load.refused} refused, ${load.unknown} without an answer, all of them resolved at the end. ${esc(faultCounts(report))}.</p>
${report.sabotage === undefined ? '' : `<p class="planted">A fault was planted: <code>${esc(report.sabotage)}</code></p>`}
<section><div class="picture">${drawTimeLine(report)}</div></section>
<section><h2>Guarantees</h2>
<table class="verdicts">${report.verdicts.map(verdictRow).join('')}</table></section>
${report.verdicts.map(violation).join('')}
${table(
  'Until things went on',
  ['fault', 'until', ...timesHead],
  recovery.map(({ fault, until, times }) => [fault, until, ...timesCells(times)]),
)}
${table(
  'Time to an acknowledgement',
  ['stretch', ...timesHead],
  latency.map(({ phase, times }) => [phase, ...timesCells(times)]),
)}
${table(
  'What users were told instead of an answer',
  ['stretch', 'error', 'how often'],
  errors.map(({ phase, fault, count }) => [phase, fault, String(count)]),
)}
${table(
  'Left over',
  ['what', 'how many'],
  Object.entries(leftovers).map(([what, count]) => [what, String(count)]),
)}
${list('Yours', report.yours)}
${list("The drill's own", report.probes)}
${list('Worth knowing', report.notes)}
${list('Planted faults that this run would have named', report.wouldNotice)}
${list('Versions and drivers', [
  ...report.versions,
  ...report.drivers
    .filter(({ capability }) => drilled.has(capability))
    .map(
      ({ capability, driver, guarantees }) =>
        `${capability}: ${driver} (${Object.entries(guarantees)
          .map(([name, value]) => `${name} ${String(value)}`)
          .join(', ')})`,
    ),
])}
<section><h2>Again</h2><pre>${esc(report.repeat)}</pre></section>
</main>
</body>
</html>
`
}

const drilled = new Set(['data', 'jobs', 'events', 'cron', 'effects'])
const timesHead = ['p50', 'p99', 'max', 'of']

function verdictRow(verdict: Verdict): string {
  return `<tr><td>${mark(verdict.outcome)}</td><td><b>${esc(verdict.promise)}</b><br><span class="quiet">${esc(evidenceLine(verdict))}</span></td><td><code>${esc(verdict.claim)}</code></td></tr>`
}

function violation({ claim, first, violations, suspect }: Verdict): string {
  if (first === undefined) return ''
  return `<section class="violation"><h2>${esc(claim)} is broken, ${esc(asSuspect(suspect))}</h2>
<p>${esc(first.operation)}: ${esc(first.what)}. The first of ${violations}.</p>
<pre>${first.evidence.map(esc).join('\n')}</pre></section>`
}

function mark(outcome: string): string {
  return `<span class="outcome ${outcome.replace(' ', '-')}">${esc(outcome)}</span>`
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const cells = (row: readonly string[], tag: 'th' | 'td') =>
    row.map((cell) => `<${tag}>${esc(cell)}</${tag}>`).join('')
  return `<section><h2>${esc(title)}</h2><table><tr>${cells(head, 'th')}</tr>${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('')}</table></section>`
}

function list(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return ''
  return `<section><h2>${esc(title)}</h2><ul>${lines.map((line) => `<li>${esc(line)}</li>`).join('')}</ul></section>`
}

function timesCells({ p50, p99, max, count }: Times): readonly string[] {
  return [`${p50} ms`, `${p99} ms`, `${max} ms`, String(count)]
}

const style = `
:root{color-scheme:light dark;--ink:#1d2430;--quiet:#5b6675;--line:#d6dbe3;--paper:#fff;--held:#1a7f4b;--broken:#c2293a;--open:#9a6700;--curve:#2f6fde}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8ee;--quiet:#98a3b3;--line:#384252;--paper:#12161d;--held:#4cc38a;--broken:#ff7a85;--open:#e2b341;--curve:#7aa7ff}}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1060px;margin:0 auto;padding:24px 20px 60px}
h1{font-size:24px;margin:0 0 6px}h2{font-size:16px;margin:28px 0 8px}
.quiet{color:var(--quiet)}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}th{color:var(--quiet);font-weight:500}
.verdicts td:first-child{white-space:nowrap;width:8em}.verdicts td:last-child{text-align:right;color:var(--quiet)}
.outcome{font-weight:600;font-size:.85em;border:1px solid currentcolor;border-radius:4px;padding:1px 7px;white-space:nowrap}
.held{color:var(--held)}.broken{color:var(--broken)}.not-exercised,.cannot-tell{color:var(--open)}
.violation h2{color:var(--broken)}.planted{color:var(--broken)}
pre{overflow-x:auto;border:1px solid var(--line);border-radius:6px;padding:10px 12px;font-size:13px;line-height:1.45}
.picture{overflow-x:auto;margin-top:12px}svg{width:100%;min-width:720px;height:auto;display:block}
svg text{font:12px system-ui,sans-serif;fill:var(--quiet)}svg .phase{font-weight:600}svg .tick{font-size:11px;text-anchor:middle}
.band0{fill:var(--line);fill-opacity:.25}.band1{fill:var(--line);fill-opacity:.55}
.axis,.lane{stroke:var(--line)}.area{fill:var(--curve);fill-opacity:.18}.curve{fill:none;stroke:var(--curve);stroke-width:1.6}
.fault{fill:var(--broken);fill-opacity:.8}.fault.drain,.fault.pause{fill:var(--open)}.fault.delay,.fault.cut{fill:var(--curve)}
ul{margin:0;padding-left:20px}
@media print{main{padding:0}}
`
