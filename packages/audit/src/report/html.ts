// A self-contained HTML report: no script from elsewhere, no font, no request; SVG drawn by hand.

import { printable } from '@footing/kernel'
import { count, counted } from '../detection/words.ts'
import { type FindingGroup, groupByFixSite } from '../findings/group.ts'
import type { AuditResult } from '../result/audit-result.ts'
import type { DecisionScore, Verdict } from '../scorecard/scorecard.ts'
import { costOf, coverageSentences } from './coverage-words.ts'
import { type Entry, entriesOf, labelOf, restOf } from './entries.ts'
import { esc, prose } from './escape-html.ts'
import { matrix } from './matrix.ts'
import { systemSentences } from './program-words.ts'
import type { Reporter } from './report.ts'

/** Places of one entry that are shown. */
const PLACES = 50

/** One page: what is judged, eight gauges with their legend, what to do in which order with its places, the structure matrix, coverage. Readable without scripts. */
export const html: Reporter = (result, { command }) => `<!doctype html>
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
<h1>Audit of ${esc(result.root)}</h1>
${head(result, command)}
<section class="gauges" aria-label="Eight decisions">${result.scorecard.map(gauge).join('\n')}</section>
${LEGEND}
${told(result)}
${matrix(result.structure)}
${apart(result)}
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
  'nothing found': '<circle cx="32" cy="32" r="9"/>',
  drifting: '<path d="M32 22 42 41H22Z"/>',
  compounding: '<rect x="23" y="23" width="18" height="18"/>',
  'could not tell': '<path d="M25 27a7 7 0 1 1 9 7v4m0 4v3" fill="none" stroke="currentColor" stroke-width="3"/>',
  'not applicable': '<circle cx="32" cy="32" r="8" fill="none" stroke="currentColor" stroke-width="2"/>',
}

function gauge(score: DecisionScore): string {
  const share = score.checks === 0 ? 0 : score.passed / score.checks
  const length = 2 * Math.PI * 27
  const name = score.verdict.replaceAll(' ', '-')
  const isJudged = score.verdict !== 'not applicable' && score.verdict !== 'could not tell'
  return `<article class="${name}">
<svg viewBox="0 0 64 64" width="64" height="64" role="img" aria-label="${esc(score.decision)}: ${score.verdict}, ${score.passed} of ${score.checks} checks pass">
<circle cx="32" cy="32" r="27" class="track"/>
<circle cx="32" cy="32" r="27" class="arc" stroke-dasharray="${(share * length).toFixed(1)} ${length.toFixed(1)}" transform="rotate(-90 32 32)"/>
<g fill="currentColor">${SHAPE[score.verdict]}</g></svg>
<h3>${esc(score.decision)}</h3>
<p><strong>${score.verdict}</strong>${isJudged ? ` ${score.passed} of ${score.checks} checks pass` : ''}</p>
<p>${prose(score.because)}</p>
<p class="quiet">To change this decision later: ${esc(costOf(score))}.</p></article>`
}

/** What is judged, which commit of it, by what, and the answer in one line. */
function head(result: AuditResult, command: string): string {
  const { coverage, revision, scorecard } = result
  const commit =
    revision === undefined ? '' : ` · commit <code>${esc(revision.commit.slice(0, 12))}</code> of ${revision.date}`
  const size = `${counted(coverage.files.parsed, 'file')}, ${counted(coverage.lines, 'line')}`
  const verdicts = (['compounding', 'drifting', 'nothing found', 'could not tell', 'not applicable'] as const).flatMap(
    (verdict) => {
      const names = scorecard.filter((score) => score.verdict === verdict).map(({ decision }) => decision)
      return names.length === 0 ? [] : [`<strong>${verdict}</strong>: ${names.join(', ')}`]
    },
  )
  const system = systemSentences(result)
    .map((sentence) => `<p>${prose(sentence)}</p>`)
    .join('')
  return `<p class="quiet">${size}${commit} · <code>${esc(command)}</code>, version ${esc(result.tool.version)}</p>
${system}<p class="headline">${verdicts.join('; ')}.</p>`
}

const LEGEND = `<p class="quiet">compounding: dearer every week · drifting: costs now · nothing found: nothing of weight among what was examined, which does not mean that nothing is there · could not tell: too
little could be followed or examined to say even that · not applicable: there is nothing here that the decision is about. The ring shows
which share of the checks passes.</p>`

/** Each thing once: first what weighs, in the order in which to take it up, then a line each for what does not. */
function told(result: AuditResult): string {
  const entries = entriesOf(result)
  if (entries.length === 0) return '<h2>Findings</h2><p>None.</p>'
  const isLarge = ({ trial, isSmall }: Entry): boolean => !trial && !isSmall
  const large = entries.filter(isLarge)
  const small = entries.filter((entry) => !isLarge(entry))
  const total = restOf(entries, 0, result)
  return `${large.length === 0 ? '' : `<h2>What to do, in this order</h2><ol>${large.map(entryText).join('')}</ol>`}
${small.length === 0 ? '' : `<h2>Small, or of rules on trial</h2><ul>${small.map(smallText).join('')}</ul>`}
<p class="quiet">${esc(total)}</p>`
}

function entryText(entry: Entry): string {
  const after =
    entry.after.length === 0 ? '' : ` · after ${entry.after.map((number) => `number ${number}`).join(' and ')}`
  return `<li><p><strong>${prose(entry.what)}</strong> ${prose(entry.why)}</p><p>${prose(entry.do)}</p>
<p class="quiet"><span class="severity ${entry.severity}">${entry.severity}</span><code>${esc(entry.place.path)}:${entry.place.line}</code> ${esc(entry.id)} · ${esc(entry.facts)}${after}</p>
${places(entry)}</li>`
}

function smallText(entry: Entry): string {
  return `<li><p>${prose(entry.what)}</p>
<p class="quiet"><span class="severity ${entry.severity}">${entry.severity}</span><code>${esc(entry.place.path)}:${entry.place.line}</code> ${esc(entry.id)} · ${esc(entry.facts)}</p>
${places(entry)}</li>`
}

/** The places of an entry, shut: what one edit removes is one of them. */
function places({ findings, extent }: Entry): string {
  const groups = groupByFixSite(findings)
  const rest =
    groups.length > PLACES ? `<p class="quiet">${count(groups.length - PLACES)} more are in the JSON report.</p>` : ''
  return `<details><summary>${esc(extent)}</summary>${groups.slice(0, PLACES).map(groupText).join('\n')}${rest}</details>`
}

/** What was found in programs that serve nobody, counted. */
function apart({ apart: found, programs }: AuditResult): string {
  if (found.length === 0) return ''
  const rows = programs.programs.flatMap(({ kind, name, folder }, number) => {
    const own = found.filter(({ program }) => program === number)
    const rules = [...new Set(own.map(({ rule }) => rule))].sort()
    const counts = rules.map((rule) => `${esc(rule)} (${own.filter((one) => one.rule === rule).length})`)
    return own.length === 0 ? [] : [`<li>${kind} ${esc(name || folder)}: ${counts.join(', ')}</li>`]
  })
  return `<h2>Judged apart</h2><p class="quiet">In no verdict and no plan; the places are in the JSON report.</p><ul>${rows.join('')}</ul>`
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
  const label = labelOf(first)
  return `<details><summary><code>${esc(place.path)}:${place.line}</code>${label === '' ? '' : ` ${esc(label)}`}${others.length === 0 ? '' : ` and ${count(others.length)} more with the same repair`}</summary>
<p>${prose(message.what)} ${prose(message.why)} <strong>${prose(message.do)}</strong></p>
${lines === '' ? '' : `<pre>${esc(lines)}</pre>`}${steps.length === 0 ? '' : `<pre>${esc(steps.join('\n'))}</pre>`}${places.length === 0 ? '' : `<p>The same repair removes:</p><ul>${places.join('')}</ul>`}
<p class="quiet"><span class="severity ${first.severity}">${first.severity}</span>${esc(first.rule)} · ${first.confidence}${first.trial ? ', trial' : ''} · ${esc(first.fingerprint)}</p></details>`
}

const STYLE = `
:root{color-scheme:light dark;--line:light-dark(#d5d8dc,#3a3f45);--quiet:light-dark(#5c6670,#9aa4ae)}
body{font:15px/1.5 system-ui,sans-serif;margin:0;background:light-dark(#fff,#15181b);color:light-dark(#1b1f23,#e4e7ea)}
main{max-width:72rem;margin:0 auto;padding:2rem 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.5rem}h3{margin:.3rem 0 0;font-size:1rem}
.gauges{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1rem}
.gauges article{border:1px solid var(--line);border-radius:8px;padding:1rem}
.gauges p{margin:.2rem 0;overflow-wrap:anywhere}.gauges svg{float:right}
.track{fill:none;stroke:var(--line);stroke-width:6}.arc{fill:none;stroke:currentColor;stroke-width:6}
.nothing-found svg{color:light-dark(#1a7f37,#3fb950)}.drifting svg{color:light-dark(#9a6700,#d29922)}
.compounding svg{color:light-dark(#cf222e,#f85149)}.not-applicable,.could-not-tell{color:var(--quiet)}
.headline{font-size:1.1rem}
.quiet{color:var(--quiet);font-size:.9rem;margin:.2rem 0}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{overflow:auto;border:1px solid var(--line);border-radius:6px;padding:.6rem}
li{margin-bottom:1.2rem}li p{margin:.2rem 0;overflow-wrap:anywhere}
details{padding:.2rem 0}details details{border-bottom:1px solid var(--line);margin-left:1rem}summary{cursor:pointer;overflow-wrap:anywhere}
.severity{display:inline-block;min-width:4.5rem;font-weight:600}
.critical,.high{color:light-dark(#cf222e,#f85149)}.medium{color:light-dark(#9a6700,#d29922)}
.matrix{overflow:auto}.matrix text{font:11px system-ui,sans-serif;fill:currentColor}.cell{fill:light-dark(#4f7cac,#6ea0d8)}.back{fill:light-dark(#cf222e,#f85149)}
`
