// Files that are kept: which functions write below a folder and which read from it, told by the expression of the folder.
import { Kind, Op } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { ModuleId } from '../../graph/contract.ts'
import type { RuleContext } from '../../rule/rule.ts'
import { calleeName, constantText, keyword, positional } from '../../survey/expressions.ts'
import { servedCode } from '../../survey/served-code.ts'
import type { Site } from '../../survey/survey.ts'
import { isProduct } from '../../survey/whereabouts.ts'

/** Writers and readers below one folder. */
export interface Kept {
  readonly writes: Site[]
  readonly reads: Site[]
}

/** What comes and goes, or is part of the program. */
const PASSING =
  /(?:^|[^a-z])(?:te?mp|caches?|logs?|logging|static|templates?|models?|builds?|dist|public|assets?|locales?|fixtures?|schemas?|migrations?|resources?|sql|prompts?|tests?|scripts?|packages?|plugins?|sources?|src|repos?|work|working|root|cwd|dirname)(?:$|[^a-z])|^(?:\w+\.)?base_dir$/i
const COPIES = /^(?:move|copy|copyfile|copy2|rename|replace)$/
const JOINS = /^(?:join|resolve|safe_join|Path)$/
const SERVES =
  /^(?:send_file|send_from_directory|FileResponse|sendFile|download|createReadStream|readFile|readFileSync|read_text|read_bytes)$/
const STORES =
  /^(?:write_text|write_bytes|writeFile|writeFileSync|createWriteStream|save|ZipFile|to_csv|to_excel|to_parquet|extractall)$/

/** Folders by what they are called in code: `self.directory`, a setting, a name of a module. */
export function filesByFolder(context: RuleContext): ReadonlyMap<string, Kept> {
  const found = new Map<string, Kept>()
  const served = servedCode(context)
  // A worker that nobody is seen to start writes what a server reads.
  for (const { id: module } of context.program.modules.filter((one) => isProduct(one) && served.size > 0)) {
    const tree = context.trees[module]!
    const folders = foldersIn(context, module, tree)
    if (folders.size === 0) continue
    for (let node = 1; node < tree.size; node++) {
      if (tree.kind(node) !== Kind.Call) continue
      const use = useOf(tree, node)
      if (use === undefined) continue
      const folder = folderOf(context, module, tree, use.path, folders)
      if (folder === undefined || PASSING.test(folder.replace(/([a-z0-9])([A-Z])/g, '$1_$2'))) continue
      const kept = found.get(folder) ?? { writes: [], reads: [] }
      found.set(folder, kept)
      ;(use.writes ? kept.writes : kept.reads).push({ module, node })
    }
  }
  for (const [folder, { writes, reads }] of found) {
    if (![...writes, ...reads].some(({ module }) => served.has(module))) found.delete(folder)
  }
  return found
}

/** Names of a function that hold a path below a folder: by function and name. */
function foldersIn(context: RuleContext, module: ModuleId, tree: SyntaxTree): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const joins = ['join', 'Path', 'resolve', 'safe_join', 'open', 'writeFile', 'send_from_directory'].map((name) =>
    tree.strings.id(name),
  )
  if (!joins.some((id) => tree.mentions(id))) return found
  for (let node = 1; node < tree.size; node++) {
    if (tree.kind(node) !== Kind.Assign && tree.kind(node) !== Kind.AnnAssign) continue
    if (tree.kind(node + 1) !== Kind.Name) continue
    const value = tree.lastChild(node)
    const folder = joinedFolder(context, module, tree, value)
    if (folder !== undefined) found.set(`${tree.enclosingFunction(node)} ${tree.name(node + 1)}`, folder)
  }
  // A path that is written where it is used counts too.
  if (found.size === 0) found.set('', '')
  return found
}

function folderOf(
  context: RuleContext,
  module: ModuleId,
  tree: SyntaxTree,
  path: number,
  folders: ReadonlyMap<string, string>,
): string | undefined {
  if (tree.kind(path) === Kind.Name) return folders.get(`${tree.enclosingFunction(path)} ${tree.name(path)}`)
  return joinedFolder(context, module, tree, path)
}

/** `os.path.join(folder, name)`, `folder / name`, `Path(folder) / name`, `f"{folder}/{name}"`. */
function joinedFolder(context: RuleContext, module: ModuleId, tree: SyntaxTree, node: number): string | undefined {
  const kind = tree.kind(node)
  if (kind === Kind.Call && JOINS.test(calleeName(tree, node))) {
    const first = positional(tree, node, 0)
    if (first < 0 || (calleeName(tree, node) !== 'Path' && positional(tree, node, 1) < 0)) return undefined
    return nameOfFolder(context, module, tree, first)
  }
  if (kind === Kind.BinOp && tree.value(node) === Op.Divide) {
    let left = node + 1
    while (tree.kind(left) === Kind.BinOp && tree.value(left) === Op.Divide) left++
    return tree.kind(left) === Kind.Call
      ? joinedFolder(context, module, tree, left)
      : nameOfFolder(context, module, tree, left)
  }
  if (kind === Kind.FString) {
    const first = tree.firstChild(node)
    const second = tree.nextSibling(first)
    const isPath =
      first >= 0 &&
      tree.kind(first) === Kind.Interpolation &&
      second >= 0 &&
      tree.kind(second) === Kind.String &&
      tree.text(second).startsWith('/')
    return isPath ? nameOfFolder(context, module, tree, first + 1) : undefined
  }
  return undefined
}

/** What stands for the folder wherever it is used: a setting, an attribute of a class, a constant of a module. */
function nameOfFolder(context: RuleContext, module: ModuleId, tree: SyntaxTree, node: number): string | undefined {
  const kind = tree.kind(node)
  if (kind === Kind.Subscript) {
    const key = tree.lastChild(node)
    return tree.kind(key) === Kind.String &&
      tree.value(key) >= 0 &&
      /config|settings|environ|env$/i.test(tree.dotted(node + 1))
      ? tree.text(key)
      : undefined
  }
  if (kind === Kind.Attribute) {
    const dotted = tree.dotted(node)
    if (dotted.startsWith('self.') || dotted.startsWith('this.')) {
      const owner = tree.ancestor(node, Kind.ClassDef)
      return owner < 0 ? undefined : `${tree.text(owner)}.${tree.text(node)}`
    }
    return /(?:^|\.)(?:settings|config|env|conf)\./.test(dotted) ? dotted.split('.').at(-1) : undefined
  }
  if (kind !== Kind.Name || !/^[A-Z][A-Z0-9_]+$/.test(tree.text(node))) return undefined
  const full = context.program.nameOf(module, node)
  return full === '' ? undefined : full.slice(full.indexOf(':') + 1)
}

interface Use {
  readonly path: number
  readonly writes: boolean
}

/** What a call does with a path. */
function useOf(tree: SyntaxTree, node: number): Use | undefined {
  const name = calleeName(tree, node)
  if (name === 'open') {
    const path = positional(tree, node, 0)
    if (path < 0) return undefined
    const mode = positional(tree, node, 1) >= 0 ? positional(tree, node, 1) : keyword(tree, node, 'mode')
    return { path, writes: /[wax+]/.test(constantText(tree, mode)) }
  }
  if (COPIES.test(name)) {
    const path = positional(tree, node, 1)
    return path < 0 ? undefined : { path, writes: true }
  }
  if (SERVES.test(name) || STORES.test(name)) {
    const isMethod = /^(?:read_text|read_bytes|write_text|write_bytes)$/.test(name)
    const path = isMethod && tree.kind(node + 1) === Kind.Attribute ? node + 2 : positional(tree, node, 0)
    if (path < 0) return undefined
    if (name === 'ZipFile') return { path, writes: /[wax]/.test(constantText(tree, positional(tree, node, 1))) }
    return { path, writes: STORES.test(name) }
  }
  return undefined
}
