// Tells a connection of its own (a second, direct address) from the pooled one that everybody shares.
import { Kind } from '../facts/contract.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import { calleeName } from './expressions.ts'

const CONNECTS: ReadonlySet<string> = new Set([
  'connect',
  'create_engine',
  'create_async_engine',
  'create_pool',
  'ConnectionPool',
  'AsyncConnectionPool',
])
const DIRECT = /direct|unpooled|non_?pool|listen|session_(?:url|dsn|mode)|lock_(?:url|dsn|db|database)|dedicated/i

/** Whether the code in a node opens a connection to an address whose name says that it passes the pooler by. */
export function opensDirectConnection(tree: SyntaxTree, node: number): boolean {
  for (let at = node, end = tree.end(node); at < end; at++) {
    if (tree.kind(at) !== Kind.Call || !CONNECTS.has(calleeName(tree, at))) continue
    for (let inner = at + 1; inner < tree.end(at); inner++) {
      const kind = tree.kind(inner)
      if ((kind === Kind.Name || kind === Kind.Attribute || kind === Kind.String) && DIRECT.test(tree.text(inner)))
        return true
    }
  }
  return false
}
