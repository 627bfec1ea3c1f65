// The map as one self-contained HTML page: the picture, a page for each module, the matrix. No script, no request.
import { arrange } from './arrange.ts'
import { drawMap } from './draw-map.ts'
import { drawMatrix, mostRows } from './draw-matrix.ts'
import { escapeMarkup as esc } from './escape-markup.ts'
import type { PlacedMap } from './layout.ts'
import type { MapModule, ModuleMap } from './model/module-map.ts'
import type { Pressure } from './pressure/judge-pressure.ts'

/** Without a layout the matrix is the picture. */
export function mapPage(map: ModuleMap, placed: PlacedMap | undefined, pressure?: Pressure): string {
  const { cycles } = arrange(map)
  const picture =
    placed === undefined
      ? ''
      : `<div class="picture map">${drawMap(map, placed, (name) => `#${idOf(name)}`)}</div>${aloneLine(map, placed)}`
  const left = map.modules.length - mostRows
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Modules of ${esc(map.title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${esc(map.title)}</h1>
<p class="quiet">${amount(map.modules.length, 'module')}, ${amount(map.arrows.length, 'arrow')}, from ${map.source === 'manifests' ? 'the manifests' : 'the imports'}. An arrow points from who depends to what it depends on.</p>
${cycles.map((cycle) => `<p class="bad">Cycle: ${cycle.map((name) => `<a href="#${idOf(name)}">${esc(name)}</a>`).join(', ')}. They can only be changed, tested and taken out together.</p>`).join('')}
${picture}
${pressure === undefined ? '' : pressureSection(pressure)}
${map.modules.map((module) => modulePage(module, map)).join('\n')}
<section><h2 id="matrix">Matrix</h2>
<p class="quiet">A row depends on a column. Red cells run against the order: they close cycles.${left > 0 ? ` The ${left} least connected modules are left out.` : ''}</p>
<div class="picture">${drawMatrix(map)}</div></section>
</main>
</body>
</html>
`
}

function aloneLine(map: ModuleMap, placed: PlacedMap): string {
  const drawn = new Set(placed.nodes.map(({ name }) => name))
  const alone = map.modules.filter(({ name }) => !drawn.has(name))
  if (alone.length === 0) return ''
  return `<p class="quiet">Without arrows: ${alone.map(({ name }) => `<a href="#${idOf(name)}">${esc(name)}</a>`).join(', ')}.</p>`
}

function modulePage(module: MapModule, map: ModuleMap): string {
  const arrows = map.arrows.filter(({ from, to }) => from !== to && (from === module.name || to === module.name))
  const links = (names: readonly string[]): string =>
    names.length === 0 ? 'none' : names.map((name) => `<a href="#${idOf(name)}">${esc(name)}</a>`).join(', ')
  const facts: readonly (readonly [string, string])[] = [
    ['owner', esc(module.owner ?? 'not named')],
    ['folder', module.folder === undefined ? '' : `<code>${esc(module.folder)}</code>`],
    ['needs', links(arrows.filter(({ from }) => from === module.name).map(({ to }) => to))],
    ['called by', links(arrows.filter(({ to }) => to === module.name).map(({ from }) => from))],
    ['hears', module.hears.length === 0 ? '' : links(module.hears)],
    ['tables', codes(module.tables)],
    ['reads', codes(module.reads)],
    ['settings', codes(module.settings)],
  ]
  return `<section class="module" id="${idOf(module.name)}"><h2>${esc(module.name)}</h2>
<dl>${facts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`)
    .join('')}</dl>
${operations(module)}${events(module)}</section>`
}

function operations({ operations: all }: MapModule): string {
  if (all.length === 0) return ''
  const rows = all.map(
    ({ name, summary, idempotent, deadlineMs, takes, gives }) =>
      `<tr><th scope="row"><code>${esc(name)}</code>${summary === undefined ? '' : `<p>${esc(summary)}</p>`}</th><td><code>${esc(takes ?? '')}</code></td><td><code>${esc(gives ?? '')}</code></td><td>${idempotent === undefined ? '' : idempotent ? 'yes' : 'no'}</td><td class="number">${deadlineMs === undefined ? '' : duration(deadlineMs)}</td></tr>`,
  )
  return `<div class="wide"><table><thead><tr><th>operation</th><th>takes</th><th>gives</th><th>idempotent</th><th>deadline</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

function events({ events: all }: MapModule): string {
  if (all.length === 0) return ''
  const rows = all.map(
    ({ name, summary, payload }) =>
      `<tr><th scope="row"><code>${esc(name)}</code>${summary === undefined ? '' : `<p>${esc(summary)}</p>`}</th><td><code>${esc(payload ?? '')}</code></td></tr>`,
  )
  return `<div class="wide"><table><thead><tr><th>event</th><th>carries</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

function pressureSection({ modules, conclusion }: Pressure): string {
  const share = (value: number | undefined): string => (value === undefined ? '' : `${Math.round(value * 100)} %`)
  const rows = modules.map(
    ({ module, verdict, requests, calls, callsPerRequest, loopShare, statementShare, changes, reasons }) =>
      `<tr><th scope="row"><a href="#${idOf(module)}">${esc(module)}</a></th><td>${verdict}${reasons.map(({ sentence }) => `<p>${esc(sentence)}</p>`).join('')}</td>${[
        requests?.toFixed(0),
        calls?.toFixed(0),
        callsPerRequest?.toFixed(2),
        share(loopShare),
        share(statementShare),
        changes?.commits,
        changes === undefined || changes.commits === 0 ? '' : share(changes.alone / changes.commits),
      ]
        .map((cell) => `<td class="number">${cell ?? ''}</td>`)
        .join('')}</tr>`,
  )
  return `<section><h2 id="pressure">Pressure</h2><p><strong>${esc(conclusion)}</strong></p>
<div class="wide"><table><thead><tr><th>module</th><th>verdict</th><th>requests</th><th>calls in</th><th>per request</th><th>loop</th><th>database</th><th>changes</th><th>alone</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`
}

/** Any name as an id: what is no letter or digit is written as its code. */
const idOf = (name: string): string =>
  `module-${name.replaceAll(/[^a-zA-Z0-9_]/g, (sign) => `-${sign.codePointAt(0)?.toString(16)}`)}`
const codes = (names: readonly string[]): string => names.map((name) => `<code>${esc(name)}</code>`).join(' ')
const amount = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
const duration = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`)

const style = `
:root{color-scheme:light dark;--ground:light-dark(#f6f7f5,#14171a);--card:light-dark(#fff,#1c2024);--line:light-dark(#dfe3de,#2e343a);--ink:light-dark(#1b211e,#e7ebe8);--soft:light-dark(#5c6661,#9aa5a0);--accent:light-dark(#0b7a52,#4cc38a);--bad:light-dark(#b3261e,#ff8a80)}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:76rem;margin:0 auto;padding:2rem 1rem}h1{font-size:1.6rem;margin:0}h2{font-size:1.2rem;margin:0 0 .6rem}
a{color:var(--accent)}.quiet{color:var(--soft)}.bad{color:var(--bad)}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem 1.2rem;margin:1rem 0;scroll-margin-top:1rem}
section:target{outline:2px solid var(--accent)}.picture,.wide{overflow:auto;max-width:100%}.picture{margin:1rem 0}.map{width:calc(100vw - 3rem);max-width:none;margin-left:50%;transform:translateX(-50%);text-align:center}.map svg{max-width:100%;height:auto}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0 0 .8rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:14px}th,td{text-align:left;vertical-align:top;padding:.35rem .7rem .35rem 0;border-top:1px solid var(--line);font-weight:400}
thead th{color:var(--soft);border-top:0}th p,td p{margin:0;color:var(--soft);font-size:13px}tbody th code{white-space:nowrap}.number{text-align:right;white-space:nowrap}
code{font:13px/1.45 ui-monospace,"SF Mono","DejaVu Sans Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
`
