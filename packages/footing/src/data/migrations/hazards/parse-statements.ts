// Splits SQL into statements with PostgreSQL's own parser, which is loaded when the first migration is looked at.
import { dataError } from '../../errors.ts'
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
  let tree: unknown
  try {
    tree = await parse(sql)
  } catch (cause) {
    const position = Number(asNode(asNode(cause)?.sqlDetails)?.cursorPosition ?? 0)
    const line = lineAt(bytes, position)
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw dataError('migration-unparsed', { name, line, reason }, cause)
  }
  return list(asNode(tree), 'stmts').map((entry) => {
    const begin = Number(entry.stmt_location ?? 0)
    const length = entry.stmt_len === undefined ? bytes.length - begin : Number(entry.stmt_len)
    const source = bytes.subarray(begin, begin + length).toString()
    const comments = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(source)?.[0] ?? ''
    const syntax = asNode(entry.stmt) ?? {}
    return { syntax, comments, line: lineAt(bytes, begin + Buffer.byteLength(comments)) }
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

function lineAt(bytes: Uint8Array, position: number): number {
  let line = 1
  for (let index = 0; index < position && index < bytes.length; index++) if (bytes[index] === 10) line++
  return line
}

/** True when the node has the option, e.g. `concurrently` of REINDEX. */
export function hasOption(node: SyntaxNode, option: string): boolean {
  return [...list(node, 'params'), ...list(node, 'options')].some(
    (each) => text(asNode(each.DefElem), 'defname') === option,
  )
}
