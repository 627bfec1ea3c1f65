// services/duplicated-domain: the same entities and enumerations defined in two services, which drift apart.
import type { Detection } from '../../detection/detection.ts'
import { counted, listed } from '../../detection/words.ts'
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import type { Site } from '../../survey/survey.ts'
import { serversOf } from '../../survey/typescript-servers.ts'
import { isProduct } from '../../survey/whereabouts.ts'
import { serviceFolders } from './service-folders.ts'

/** A class with fewer members than this may be alike by chance. */
const LEAST_MEMBERS = 4
const ALIKE = 0.8
/** Fewer of them are a coincidence, or a contract that two sides have written down. */
const LEAST_CLASSES = 2
/** Shapes that every service has. */
const COMMON =
  /^(?:Meta|Config|Settings|BaseModel|Base|Error|Status|Result|Response|Request|Options|Props|State|Context|Env|Logger|TestCase|Migration)$/

interface Shape extends Site {
  readonly name: string
  readonly members: ReadonlySet<number>
}

export const rule: Rule = {
  id: 'services/duplicated-domain',
  decision: 'services',
  severity: 'medium',
  effort: { minutes: 480, per: 'site' },
  trial: true,
  summary: 'Two services define the same entities, each for itself.',
  judges: { python: judge, typescript: judge },
}

function judge(context: RuleContext): RuleResult {
  const folders = foldersOf(context)
  if (folders.length < 2) return { detections: [], examined: { count: 0, of: 'services' } }
  const shapes = new Map(folders.map((folder) => [folder, shapesIn(context, folder)]))
  const detections: Detection[] = []
  for (let i = 0; i < folders.length; i++) {
    for (let j = i + 1; j < folders.length; j++) {
      const found = detection(
        context,
        folders[i]!,
        folders[j]!,
        alike(shapes.get(folders[i]!)!, shapes.get(folders[j]!)!),
      )
      if (found !== undefined) detections.push(found)
    }
  }
  return { detections, examined: { count: folders.length, of: 'services' } }
}

/** Folders that are served apart (in Python also those that are built apart), none inside another: front ends own no domain. */
function foldersOf(context: RuleContext): string[] {
  const found = context.language === 'typescript' ? serversOf(context) : serviceFolders(context)
  const all = [...new Set(found.map(({ folder }) => folder))].filter((folder) => folder !== '').sort()
  return all.filter((folder) => !all.some((other) => other !== folder && folder.startsWith(`${other}/`)))
}

function shapesIn({ program, trees }: RuleContext, folder: string): Map<string, Shape> {
  const found = new Map<string, Shape>()
  for (const module of program.modules) {
    if (!isProduct(module) || !module.path.startsWith(`${folder}/`) || isGenerated(module.path)) continue
    const tree = trees[module.id]!
    for (let node = 1; node < tree.size; node++) {
      if (tree.kind(node) !== Kind.ClassDef || tree.value(node) < 0) continue
      const name = tree.text(node)
      const members = membersOf(tree, node)
      if (members.size >= LEAST_MEMBERS && !COMMON.test(name) && !found.has(name))
        found.set(name, { module: module.id, node, name, members })
    }
  }
  return found
}

const isGenerated = (path: string): boolean =>
  /_pb2|\.gen(?:erated)?\.|(?:^|\/)(?:generated|__generated__|openapi|client_gen|migrations?)\//.test(path)

/** Names that a class, an interface or an enumeration declares in its body; methods do not count. */
function membersOf(tree: SyntaxTree, definition: number): Set<number> {
  const members = new Set<number>()
  const body = tree.childOf(definition, Kind.Body)
  for (let at = tree.firstChild(body); at >= 0; at = tree.nextSibling(at)) {
    const kind = tree.kind(at)
    if ((kind === Kind.Assign || kind === Kind.AnnAssign) && tree.kind(at + 1) === Kind.Name)
      members.add(tree.name(at + 1))
  }
  return members
}

function alike(a: ReadonlyMap<string, Shape>, b: ReadonlyMap<string, Shape>): (readonly [Shape, Shape])[] {
  const found: (readonly [Shape, Shape])[] = []
  for (const [name, one] of a) {
    const other = b.get(name)
    if (other === undefined) continue
    const shared = [...one.members].filter((member) => other.members.has(member)).length
    if (shared >= LEAST_MEMBERS && shared >= ALIKE * Math.max(one.members.size, other.members.size))
      found.push([one, other])
  }
  return found
}

function detection(
  context: RuleContext,
  a: string,
  b: string,
  pairs: readonly (readonly [Shape, Shape])[],
): Detection | undefined {
  if (pairs.length < LEAST_CLASSES) return undefined
  const [first] = pairs[0]!
  const placeAt = ({ module, node }: Site) => ({
    path: context.trees[module]!.path,
    line: context.trees[module]!.line(node),
  })
  const differ = pairs.filter(([one, other]) => one.members.size !== other.members.size).length
  return {
    place: placeAt(first),
    subject: first.name,
    evidence: `defined in ${a} and ${b}`,
    message: {
      what: `\`${a}\` and \`${b}\` both define ${listed(pairs.map(([one]) => `\`${one.name}\``))}: ${counted(pairs.length, 'class', 'classes')} with the same members.`,
      why: `What they mean is decided twice${differ > 0 ? `, and ${differ} of them already differ` : ''}: a rule that changes in one service goes on in the other as it was.`,
      do: 'Let one service own each of them and publish events or a contract; or make both modules of one application.',
    },
    confidence: 'probable',
    related: pairs.slice(0, 10).map(([, other]) => ({ ...placeAt(other), label: other.name })),
  }
}
