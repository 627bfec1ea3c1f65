// YAML as deployment files hold it: several documents, template holes, and people who mean harm.
import { LineCounter, parseAllDocuments, visit } from 'yaml'

/** A parsed document and the way back to lines. */
export interface YamlDocument {
  /** Plain data; maps are objects without prototype surprises, never instances. */
  readonly value: unknown
  /** Line of a key path (`['services', 'web']`), or the nearest line above it that exists. */
  lineOf(path: readonly (string | number)[]): number
}

/** What a YAML text gave. */
export interface YamlResult {
  readonly documents: readonly YamlDocument[]
  /** Why nothing or not everything could be read; empty when all is well. */
  readonly problem: string
}

/** Nodes that a deployment file may have before it is taken for an attack or a data file. */
const MAX_NODES = 200_000
const MAX_ALIASES = 100

/**
 * Parses YAML. Go template lines (`{{- if … }}`) are blanked and template values become the text `TEMPLATE`, line for
 * line, so that Helm charts give what they say in plain. Aliases are counted before they are expanded.
 */
export function readYaml(text: string): YamlResult {
  const source = text.includes('{{') ? fillTemplates(text) : text
  const lines = new LineCounter()
  const documents: YamlDocument[] = []
  let problem = ''
  try {
    if (nesting(source) > 200) return { documents: [], problem: 'nested more than 200 levels deep' }
    const parsed = parseAllDocuments(source, {
      lineCounter: lines,
      logLevel: 'silent',
      strict: false,
      uniqueKeys: false,
    })
    if (!Array.isArray(parsed)) return { documents, problem: '' }
    for (const document of parsed) {
      let nodes = 0
      visit(document, () => (++nodes > MAX_NODES ? visit.BREAK : undefined))
      if (nodes > MAX_NODES) return { documents, problem: `more than ${MAX_NODES} values` }
      const [error] = document.errors
      if (error !== undefined) problem = `not valid YAML at line ${error.linePos?.[0].line ?? 1}`
      documents.push({
        value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown,
        lineOf: (path) => lineOf(document, path, lines),
      })
    }
  } catch (error) {
    const aliases = error instanceof ReferenceError
    problem = aliases ? `more than ${MAX_ALIASES} expanded aliases` : 'not valid YAML'
  }
  return { documents, problem }
}

function lineOf(
  document: { getIn(path: readonly (string | number)[], keep: true): unknown },
  path: readonly (string | number)[],
  lines: LineCounter,
): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
    if (!Array.isArray(range) || typeof range[0] !== 'number') continue
    const line = lines.linePos(range[0]).line
    // A map begins on the line after its key; the key is what a person looks for.
    return typeof node === 'object' && node !== null && 'items' in node && line > 1 ? line - 1 : line
  }
  return 1
}

function fillTemplates(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      if (!line.includes('{{')) return line
      if (/^\s*\{\{.*\}\}\s*$/.test(line)) return ''
      return line.replace(/(["']?)\{\{[^{}]*\}\}\1/g, 'TEMPLATE')
    })
    .join('\n')
}

/** Flow nesting is where a small text can exhaust the stack; block nesting is bounded by line length. */
function nesting(text: string): number {
  let depth = 0
  let deepest = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth)
    else if (code === 0x5d || code === 0x7d) depth = Math.max(0, depth - 1)
    else if (code === 0x0a) {
      let indent = at + 1
      while (text.charCodeAt(indent) === 0x20) indent++
      if (indent - at > 2000) return Number.POSITIVE_INFINITY
      if (/^(?:- ){200}/.test(text.slice(indent, indent + 400))) return Number.POSITIVE_INFINITY
    }
  }
  return deepest
}

/** A value as an object with string keys, or undefined. */
export function asMap(value: unknown): Readonly<Record<string, unknown>> | undefined {
  // An object that is no array; values stay unknown.
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/** A value as a list, or an empty one. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A scalar as text; '' for anything else. */
export function asText(value: unknown): string {
  return typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : ''
}

/** A scalar as a whole number, or undefined. */
export function asCount(value: unknown): number | undefined {
  const number = typeof value === 'number' ? value : /^\d+$/.test(asText(value)) ? Number(asText(value)) : undefined
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}
