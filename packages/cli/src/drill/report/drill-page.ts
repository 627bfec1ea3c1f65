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
:root{color-scheme:light dark;--ground:light-dark(#f6f7f5,#14171a);--card:light-dark(#fff,#1c2024);--line:light-dark(#dfe3de,#2e343a);--ink:light-dark(#1b211e,#e7ebe8);--soft:light-dark(#5c6661,#9aa5a0);--good:light-dark(#0b7a52,#4cc38a);--bad:light-dark(#b3261e,#ff8a80);--open:light-dark(#8a5a00,#e2b341);--curve:light-dark(#2f6fde,#7aa7ff)}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:70rem;margin:0 auto;padding:2rem 1rem}h1{font-size:1.6rem;margin:0 0 .3rem}h2{font-size:1.1rem;margin:0 0 .5rem}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem 1.2rem;margin:1rem 0;overflow-x:auto}
.quiet{color:var(--soft)}table{border-collapse:collapse;width:100%;font-size:14px}td,th{text-align:left;padding:.35rem .9rem .35rem 0;border-top:1px solid var(--line);vertical-align:top;font-weight:400}th{color:var(--soft);border-top:0}
.verdicts tr:first-child td{border-top:0}.verdicts td:first-child{white-space:nowrap;width:8em}.verdicts td:last-child{text-align:right;color:var(--soft)}b{font-weight:600}
.outcome{font-weight:600;font-size:13px;border:1px solid currentcolor;border-radius:5px;padding:1px 8px;white-space:nowrap}h1 .outcome{vertical-align:middle;margin-left:.4rem}
.held{color:var(--good)}.broken,.planted,.violation h2{color:var(--bad)}.not-exercised,.cannot-tell{color:var(--open)}
pre,code{font:13px/1.5 ui-monospace,"SF Mono","DejaVu Sans Mono",Menlo,Consolas,monospace}pre{overflow-x:auto;margin:.4rem 0 0}
svg{width:100%;min-width:46rem;height:auto;display:block}svg text{font:12px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:var(--soft)}svg .phase{font-weight:600}svg .tick{font-size:11px;text-anchor:middle}
.band0{fill:var(--line);fill-opacity:.35}.band1{fill:var(--line);fill-opacity:.75}.axis,.lane{stroke:var(--line)}
.area{fill:var(--curve);fill-opacity:.2}.curve{fill:none;stroke:var(--curve);stroke-width:1.6}
.fault{fill:var(--bad)}.fault.drain,.fault.pause{fill:var(--open)}.fault.delay,.fault.cut{fill:var(--curve)}
ul{margin:0;padding-left:1.2rem}
`
