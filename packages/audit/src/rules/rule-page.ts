// The page of a rule: read on demand, because most runs never show one.
import { existsSync, readFileSync } from 'node:fs'
import type { RuleId } from '../detection/detection.ts'
import { commentRules } from '../rule/comment-rules.ts'

/** The Markdown of a rule's page; a rule about comments carries its own. A test insists that every page is there. */
export function rulePage(id: RuleId): string {
  const comment = commentRules.find((rule) => rule.id === id)
  if (comment !== undefined) return comment.page
  // The pages are published as sources: src/rules beside dist/rules.
  const file = new URL(`../../src/rules/${id}.md`, import.meta.url)
  return existsSync(file) ? readFileSync(file, 'utf8') : `# ${id}\n`
}
