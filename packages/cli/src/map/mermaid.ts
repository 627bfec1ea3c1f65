// The map as Mermaid text, which GitHub and GitLab draw in a README.
import type { ModuleMap } from './model/module-map.ts'

/** A flowchart: modules with their owners, arrows from caller to called, dashed ones to whose events are heard. */
export function mermaid(map: ModuleMap): string {
  const id = new Map(map.modules.map(({ name }, index) => [name, `m${index}`]))
  const nodes = map.modules.map(
    ({ name, owner }) => `  ${id.get(name)}["${text(name)}${owner === undefined ? '' : `<br/>${text(owner)}`}"]`,
  )
  const arrows = map.arrows.flatMap(({ from, to, imports }) => {
    const [start, end] = [id.get(from), id.get(to)]
    if (start === undefined || end === undefined || from === to) return []
    return [`  ${start} -->${imports === undefined ? '' : `|${imports}|`} ${end}`]
  })
  const heard = map.modules.flatMap(({ name, hears }) =>
    hears.flatMap((other) => (id.has(other) ? [`  ${id.get(name)} -. hears .-> ${id.get(other)}`] : [])),
  )
  return ['flowchart LR', ...nodes, ...arrows, ...heard, ''].join('\n')
}

/** Quotes and brackets have a meaning in Mermaid; entities have none. */
const text = (raw: string): string => raw.replaceAll(/[^\p{L}\p{N} @/._-]/gu, (sign) => `#${sign.codePointAt(0)};`)
