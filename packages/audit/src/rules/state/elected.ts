// Whether one process is chosen to run a schedule: by a lock or a leader, or by a setting that a condition asks.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { ModuleId } from '../../graph/contract.ts'
import type { RuleContext } from '../../rule/rule.ts'
import { inWords } from './best-effort.ts'

/** Who or what elects one process. */
const LEADER =
  /leader|redlock|mutex|advisory|semaphore|(?:process|scheduler?|schedule|cron|job|distributed|with|acquire|try|get|take|obtain|set|execute|lock)_?lock|lock_?(?:service|manager|key|provider)|single_?(?:instance|worker)|is_?primary|is_?master|node_app_instance/i
/** A setting that starts jobs in one process only; a function `startJobs` that nobody asks about is none. */
const SETTING =
  /(?:run|enable|disable|use|start|is)_?(?:the_?)?(?:cron|schedul|worker|job)|(?:cron|schedul\w*|job|worker)s?_?(?:enabled|disabled|mode|only)/i
/** Longer texts are prose. */
const LONGEST_NAME = 60

/** Whether a module, or one that imports it, has one process elected. */
export function isElected({ program, trees }: RuleContext, module: ModuleId): boolean {
  const near = new Set<ModuleId>([module, ...program.imports.importersOf(module).map((edge) => edge.from)])
  return [...near].some((one) => elects(trees[one]!))
}

function elects(tree: SyntaxTree): boolean {
  let mayBeSet = false
  for (const name of tree.names) {
    const text = tree.strings.text(name)
    if (text.length >= LONGEST_NAME) continue
    const words = inWords(text)
    if (LEADER.test(words)) return true
    mayBeSet ||= SETTING.test(words)
  }
  return mayBeSet && asksForSetting(tree)
}

function asksForSetting(tree: SyntaxTree): boolean {
  for (let at = 1; at < tree.size; at++) {
    const kind = tree.kind(at)
    if (kind !== Kind.If && kind !== Kind.Elif && kind !== Kind.IfExp && kind !== Kind.BoolOp) continue
    const test = kind === Kind.IfExp ? tree.child(at, 1) : at + 1
    for (let part = test; part < tree.end(test); part++) if (isSetting(tree, part)) return true
  }
  return false
}

function isSetting(tree: SyntaxTree, node: number): boolean {
  const kind = tree.kind(node)
  const isNamed = kind === Kind.Name || kind === Kind.Attribute || (kind === Kind.String && tree.value(node) >= 0)
  return isNamed && SETTING.test(inWords(tree.text(node)))
}
