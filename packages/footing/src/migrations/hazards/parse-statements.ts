// Splits SQL into statements with PostgreSQL's own parser, which is loaded when the first migration is looked at.
import { dataError } from '../../data/contract/errors.ts'
import { asNode, list, type SyntaxNode, text } from './syntax-node.ts'

/** One statement of a file. */
export interface Statement {
  readonly syntax: SyntaxNode
  /** Line of its first word, from 1. */
  readonly line: number
  /** Comments directly in front of it. */
  readonly comments: string
}

/**
 * The statements of an SQL text.
 * @throws migration-unparsed with the line, migration-parser-missing when the parser is not installed
 */
export async function parseStatements(sql: string, name: string): Promise<readonly Statement[]> {
  const parse = await loadParser()
  const bytes = Buffer.from(sql)
  if (sql.trim() === '') return []
  const nul = sql.indexOf('\0')
  if (nul >= 0) {
    const line = lineBreaks(sql.slice(0, nul)) + 1
    throw dataError('migration-unparsed', { name, line, reason: 'it holds a NUL byte' })
  }
  let tree: unknown
  try {
    tree = await parse(sql)
  } catch (cause) {
    const position = Number(asNode(asNode(cause)?.sqlDetails)?.cursorPosition ?? 0) // characters, unlike the places below
    const line = lineBreaks([...sql].slice(0, position).join('')) + 1
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw dataError('migration-unparsed', { name, line, reason }, cause)
  }
  let end = 0 // bytes up to which the text has been handed out
  let line = 1 // line at `end`
  return list(asNode(tree), 'stmts').map((entry) => {
    const begin = Number(entry.stmt_location ?? 0)
    const length = entry.stmt_len === undefined ? bytes.length - begin : Number(entry.stmt_len)
    // The parser leaves comments out of a statement or in front of it; either way they stand between two statements.
    const source = bytes.subarray(end, begin + length).toString()
    const comments = /^(?:\s|;|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(source)?.[0] ?? ''
    const first = line + lineBreaks(comments)
    line += lineBreaks(source)
    end = begin + length
    return { syntax: asNode(entry.stmt) ?? {}, comments, line: first }
  })
}

type Parse = (sql: string) => Promise<unknown>

let loading: Promise<Parse> | undefined

function loadParser(): Promise<Parse> {
  loading ??= import('libpg-query').then(
    (parser) => parser.parse,
    (cause: unknown) => {
      throw dataError('migration-parser-missing', {}, cause)
    },
  )
  return loading
}

function lineBreaks(text: string): number {
  return text.split('\n').length - 1
}

/** True when the node has the option, e.g. `concurrently` of REINDEX. */
export function hasOption(node: SyntaxNode, option: string): boolean {
  return [...list(node, 'params'), ...list(node, 'options')].some(
    (each) => text(asNode(each.DefElem), 'defname') === option,
  )
}
