// A self-contained HTML report: no script from elsewhere, no font, no request; SVG drawn by hand.

import { printable } from '@footing/kernel'
import { type FindingGroup, groupByFixSite } from '../findings/group.ts'
import { formatEffort } from '../plan/effort.ts'
import type { AuditResult } from '../result/audit-result.ts'
import type { DecisionScore, Verdict } from '../scorecard/scorecard.ts'
import { coverageSentences } from './coverage-words.ts'
import { esc, prose } from './escape-html.ts'
import { matrix } from './matrix.ts'
import type { Reporter } from './report.ts'

const SHOWN = 200

/** One page: eight gauges, what to do first, the structure matrix, findings, coverage. Readable without scripts. */
export const html: Reporter = (result) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Audit of ${esc(result.root)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${esc(result.root)}</h1>
<section class="gauges" aria-label="Eight decisions">${result.scorecard.map(gauge).join('\n')}</section>
${plan(result)}
${matrix(result.structure)}
${findings(result)}
<h2>Coverage</h2>
<ul>${coverageSentences(result)
  .map((sentence) => `<li>${esc(sentence)}</li>`)
  .join('')}</ul>
<footer>footing ${esc(result.tool.version)}</footer>
</main>
</body>
</html>
`

const SHAPE: Record<Verdict, string> = {
  sound: '<circle cx="32" cy="32" r="9"/>',
  drifting: '<path d="M32 22 42 41H22Z"/>',
  compounding: '<rect x="23" y="23" width="18" height="18"/>',
  'not applicable': '<circle cx="32" cy="32" r="8" fill="none" stroke="currentColor" stroke-width="2"/>',
}

function gauge(score: DecisionScore): string {
  const share = score.checks === 0 ? 0 : score.passed / score.checks
  const length = 2 * Math.PI * 27
  const name = score.verdict.replace(' ', '-')
  return `<article class="${name}">
<svg viewBox="0 0 64 64" width="64" height="64" role="img" aria-label="${esc(score.decision)}: ${score.verdict}, ${score.passed} of ${score.checks} checks pass">
<circle cx="32" cy="32" r="27" class="track"/>
<circle cx="32" cy="32" r="27" class="arc" stroke-dasharray="${(share * length).toFixed(1)} ${length.toFixed(1)}" transform="rotate(-90 32 32)"/>
<g fill="currentColor">${SHAPE[score.verdict]}</g></svg>
<h3>${esc(score.decision)}</h3>
<p><strong>${score.verdict}</strong>${score.checks === 0 ? '' : ` ${score.passed} of ${score.checks}`}</p>
<p>${prose(score.because)}</p></article>`
}

function plan({ plan: items, effort }: AuditResult): string {
  if (items.length === 0) return ''
  const rows = items.slice(0, 10).map(
    (item) => `<li><p>${prose(item.what)} <strong>${prose(item.do)}</strong></p>
<p class="quiet"><code>${esc(item.fixSite.path)}:${item.fixSite.line}</code> ${esc(item.rule)}, ${item.effort === undefined ? 'a decision to take' : formatEffort(item.effort)}</p></li>`,
  )
  return `<h2>Do first</h2><ol>${rows.join('')}</ol><p class="quiet">All ${items.length} places: ${formatEffort(effort)}.</p>`
}

function findings({ findings: all }: AuditResult): string {
  const groups = groupByFixSite(all)
  if (groups.length === 0) return '<h2>Findings</h2><p>None.</p>'
  const shown = groups.slice(0, SHOWN).map(groupText).join('\n')
  const rest =
    groups.length > SHOWN ? `<p class="quiet">${groups.length - SHOWN} more places are in the JSON report.</p>` : ''
  return `<h2>Findings (${all.length} at ${groups.length} places)</h2>${shown}${rest}`
}

function groupText({ first, others }: FindingGroup): string {
  const { place, message, chain, excerpt } = first
  const lines = excerpt.map((line) => `${String(line.line).padStart(5)}  ${printable(line.text)}`).join('\n')
  const steps = (chain ?? []).map(
    (step, index) =>
      `${'   '.repeat(Math.max(0, index - 1))}${index === 0 ? '' : '└─ '}${printable(step.label)}  ${printable(step.path)}:${step.line}`,
  )
  const places = others
    .slice(0, 50)
    .map((other) => `<li><code>${esc(other.place.path)}:${other.place.line}</code></li>`)
  return `<details><summary><span class="severity ${first.severity}">${first.severity}</span> ${esc(first.rule)} <code>${esc(place.path)}:${place.line}</code>${others.length === 0 ? '' : ` and ${others.length} more`}</summary>
<p>${prose(message.what)} ${prose(message.why)} <strong>${prose(message.do)}</strong></p>
${lines === '' ? '' : `<pre>${esc(lines)}</pre>`}${steps.length === 0 ? '' : `<pre>${esc(steps.join('\n'))}</pre>`}${places.length === 0 ? '' : `<p>The same repair removes:</p><ul>${places.join('')}</ul>`}
<p class="quiet">${first.confidence}${first.trial ? ', trial' : ''} · ${esc(first.subject)} · ${esc(first.fingerprint)}</p></details>`
}

const STYLE = `
:root{color-scheme:light dark;--line:light-dark(#d5d8dc,#3a3f45);--quiet:light-dark(#5c6670,#9aa4ae)}
body{font:15px/1.5 system-ui,sans-serif;margin:0;background:light-dark(#fff,#15181b);color:light-dark(#1b1f23,#e4e7ea)}
main{max-width:72rem;margin:0 auto;padding:2rem 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.5rem}h3{margin:.3rem 0 0;font-size:1rem}
.gauges{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1rem}
.gauges article{border:1px solid var(--line);border-radius:8px;padding:1rem}
.gauges p{margin:.2rem 0}.gauges svg{float:right}
.track{fill:none;stroke:var(--line);stroke-width:6}.arc{fill:none;stroke:currentColor;stroke-width:6}
.sound svg{color:light-dark(#1a7f37,#3fb950)}.drifting svg{color:light-dark(#9a6700,#d29922)}
.compounding svg{color:light-dark(#cf222e,#f85149)}.not-applicable{color:var(--quiet)}
.quiet{color:var(--quiet);font-size:.9rem;margin:.2rem 0}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{overflow:auto;border:1px solid var(--line);border-radius:6px;padding:.6rem}
details{border-bottom:1px solid var(--line);padding:.4rem 0}summary{cursor:pointer;overflow-wrap:anywhere}
.severity{display:inline-block;min-width:4.5rem;font-weight:600}
.critical,.high{color:light-dark(#cf222e,#f85149)}.medium{color:light-dark(#9a6700,#d29922)}
.matrix{overflow:auto}.matrix text{font:11px system-ui,sans-serif;fill:currentColor}.cell{fill:light-dark(#4f7cac,#6ea0d8)}.back{fill:light-dark(#cf222e,#f85149)}
`
