// The reference page of an API: one static page made of its description, readable without scripts.
import type { JsonSchema } from '../module/schema.ts'
import type { DescribedOperation, DescribedParameter, OpenApiDocument } from './openapi.ts'

/** The only style of the page; its hash stands in the content security policy. */
export const referenceStyle = `
:root{color-scheme:light dark;--ink:#1b1f24;--dim:#5b6570;--line:#d5dae0;--back:#fff;--soft:#f4f6f8;--link:#0a58b5}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--dim:#9aa5b1;--line:#343b44;--back:#14171b;--soft:#1d2127;--link:#7db7ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:70rem;padding:1.5rem 1rem 4rem;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{margin:0;font-size:1.6rem}h2{margin:2.2rem 0 .6rem;font-size:1.15rem}h2::first-letter{text-transform:uppercase}
a{color:var(--link)}p{margin:.4rem 0}.dim{color:var(--dim)}
details{border:1px solid var(--line);border-radius:6px;margin:.4rem 0;background:var(--back)}
summary{cursor:pointer;padding:.55rem .7rem;display:flex;gap:.7rem;align-items:baseline;flex-wrap:wrap}
summary:focus-visible{outline:2px solid var(--link)}
.method{font:600 .78rem ui-monospace,monospace;border:1px solid currentColor;border-radius:4px;padding:.05rem .4rem;min-width:4.2rem;text-align:center}
.get{color:#1a6fb5}.post{color:#1d7a43}.put,.patch{color:#9a6200}.delete{color:#b3261e}
@media(prefers-color-scheme:dark){.get{color:#79b8ff}.post{color:#6fd08c}.put,.patch{color:#e3b341}.delete{color:#ff8f87}}
code,pre{font:.86rem/1.45 ui-monospace,monospace}.path{font-weight:600;overflow-wrap:anywhere}
.end{margin-left:auto;font-size:.82rem}.old{text-decoration:line-through}
.in{padding:.2rem .9rem .9rem;border-top:1px solid var(--line)}
h3{font-size:.82rem;margin:1rem 0 .3rem;color:var(--dim);text-transform:uppercase;letter-spacing:.05em}
pre{background:var(--soft);border-radius:6px;padding:.7rem;overflow-x:auto;margin:.3rem 0}
table{border-collapse:collapse;width:100%;font-size:.92rem}td,th{text-align:left;padding:.25rem .8rem .25rem 0;vertical-align:top;border-bottom:1px solid var(--line)}
`

/** Renders the page; `source` is the path of the document itself. */
export function renderReference(document: OpenApiDocument, source: string): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const base = document.servers[0]?.url ?? ''
  const sections = document.tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags[0] === name)
    const cards = own.map(({ path, method, operation }) => card(document, base, path, method, operation))
    return `<section><h2>${escapeHtml(name)}</h2>${cards.join('')}</section>`
  })
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(document.info.title)} API</title><link rel="icon" href="data:,"><style>${referenceStyle}</style></head>
<body><header><h1>${escapeHtml(document.info.title)} <span class="dim">${escapeHtml(document.info.version)}</span></h1>
<p class="dim">${operations.length} operations below <code>${escapeHtml(base)}</code>, described in <a href="${escapeHtml(source)}">OpenAPI 3.1</a>.</p></header>
<main>${sections.join('')}${errorSection(
    document,
    operations.map(({ operation }) => operation),
  )}</main></body></html>`
}

function card(
  document: OpenApiDocument,
  base: string,
  path: string,
  method: string,
  operation: DescribedOperation,
): string {
  const name = operation.deprecated ? ' old' : ''
  const body = operation.requestBody?.content['application/json']?.schema
  return `<details id="${escapeHtml(operation.operationId)}"><summary><span class="method ${method}">${method.toUpperCase()}</span>
<code class="path${name}">${escapeHtml(base === '/' ? path : base + path)}</code><span>${escapeHtml(operation.summary ?? '')}</span>
<span class="dim end">${access(operation)}</span></summary><div class="in">
${operation.description === undefined ? '' : `<p>${escapeHtml(operation.description)}</p>`}
${parameters(operation.parameters ?? [])}
${body === undefined ? '' : `<h3>Body</h3><pre>${escapeHtml(shape(document, body))}</pre>`}
${answers(document, operation)}
</div></details>`
}

/** Good answers with their shape; errors as a list, because they all have the form that the end of the page shows. */
function answers(document: OpenApiDocument, { responses }: DescribedOperation): string {
  const entries = Object.entries(responses)
  const good = entries.filter(([status]) => status < '4')
  const shapes = good.map(([status, response]) => {
    const schema = Object.values(response.content ?? {})[0]?.schema
    const text = schema === undefined ? '' : `<pre>${escapeHtml(shape(document, schema))}</pre>`
    return `<h3>${escapeHtml(status)}</h3><p>${escapeHtml(response.description)}</p>${text}`
  })
  const faults = entries.filter((entry) => !good.includes(entry))
  const rows = faults.map(
    ([status, { description }]) =>
      `<tr><td><code>${escapeHtml(status)}</code></td><td>${escapeHtml(description)}</td></tr>`,
  )
  return `${shapes.join('')}<h3>Errors</h3><table><tbody>${rows.join('')}</tbody></table>`
}

/** The form of all errors, once. */
function errorSection(document: OpenApiDocument, operations: readonly DescribedOperation[]): string {
  const content = operations[0]?.responses.default?.content ?? {}
  const [type = '', described] = Object.entries(content)[0] ?? []
  if (described === undefined || Object.keys(described.schema).length === 0) return ''
  const text = escapeHtml(shape(document, described.schema))
  return `<section><h2>Errors</h2><p>Every error is answered as <code>${escapeHtml(type)}</code>:</p><pre>${text}</pre></section>`
}

function access({ security }: DescribedOperation): string {
  if (security.length === 0) return 'open to everybody'
  return security.some((scheme) => Object.keys(scheme).length === 0) ? 'user optional' : 'user required'
}

function parameters(list: readonly DescribedParameter[]): string {
  if (list.length === 0) return ''
  const rows = list.map(
    ({ name, in: place, required, schema }) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td>${place}${required ? '' : ', optional'}</td><td><code>${escapeHtml(typeText(schema))}</code></td></tr>`,
  )
  return `<h3>Parameters</h3><table><tbody>${rows.join('')}</tbody></table>`
}

/** Nothing deeper is drawn: a recursive schema has no end. */
const deepest = 6

/** A schema in a short form that resembles TypeScript. */
function shape(document: OpenApiDocument, schema: JsonSchema, depth = 0): string {
  const resolved = resolve(document, schema)
  const { type, properties, items, anyOf, oneOf } = resolved
  const indent = '  '.repeat(depth + 1)
  if (depth >= deepest) return '…'
  // Keywords of JSON Schema: each has the form that the casts say, or the document would not be valid.
  if (type === 'object' && properties !== undefined) {
    const required = (resolved.required ?? []) as readonly string[]
    const lines = Object.entries(properties as Readonly<Record<string, JsonSchema>>).map(
      ([name, part]) => `${indent}${name}${required.includes(name) ? '' : '?'}: ${shape(document, part, depth + 1)}`,
    )
    return `{\n${lines.join('\n')}\n${'  '.repeat(depth)}}`
  }
  if (type === 'array') return `${shape(document, (items ?? {}) as JsonSchema, depth)}[]`
  const choice = anyOf ?? oneOf
  if (Array.isArray(choice)) return choice.map((part: JsonSchema) => shape(document, part, depth)).join(' | ')
  return typeText(resolved)
}

function resolve(document: OpenApiDocument, schema: JsonSchema): JsonSchema {
  const { $ref } = schema
  if (typeof $ref !== 'string') return schema
  return document.components.schemas[$ref.slice($ref.lastIndexOf('/') + 1)] ?? schema
}

function typeText(schema: JsonSchema): string {
  const { type, format, enum: words, const: word, default: fallback } = schema
  const limits = [
    ['minLength', '≥'],
    ['minimum', '≥'],
    ['maxLength', '≤'],
    ['maximum', '≤'],
  ].flatMap(([key = '', sign = '']) => {
    const bound = schema[key]
    return typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER ? [`${sign} ${bound}`] : []
  })
  const base = Array.isArray(words)
    ? words.map((value) => JSON.stringify(value)).join(' | ')
    : word !== undefined
      ? JSON.stringify(word)
      : Array.isArray(type)
        ? type.join(' | ')
        : String(type ?? 'any JSON')
  const extra = [format, ...limits, fallback === undefined ? undefined : `default ${JSON.stringify(fallback)}`]
  const known = extra.filter((part) => part !== undefined)
  return known.length === 0 ? base : `${base} (${known.join(', ')})`
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}
