// Writes the list of audit rules into each decision record, between its two marks.
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const marked = /(<!-- rules: [^\n]*-->\n)[\s\S]*?(<!-- \/rules -->)/

/** The text of `decisions/<id>.md` with its rules up to date. */
export function renderDecision(root: string, id: string): string {
  const text = readFileSync(join(root, 'decisions', `${id}.md`), 'utf8')
  const pages = globSync(`packages/audit/src/rules/${id}/*.md`, { cwd: root }).toSorted()
  const lines = pages.map((page) => `- [${basename(page, '.md')}](../${page}): ${titleOf(join(root, page))}`)
  const list = lines.length === 0 ? ['None yet.'] : lines
  if (!marked.test(text)) throw new Error(`decisions/${id}.md has no place for its rules`)
  return text.replace(marked, (_all, open: string, close: string) => `${open}\n${list.join('\n')}\n\n${close}`)
}

// The first paragraph after the title of a rule's page.
function titleOf(file: string): string {
  const paragraphs = readFileSync(file, 'utf8').split(/\n\s*\n/)
  const first = paragraphs.find((paragraph) => !paragraph.trimStart().startsWith('#'))
  return (first ?? '').trim().replaceAll(/\s*\n\s*/g, ' ')
}
