// reversibility/core-imports-plugin: a domain package that imports one concrete plugin instead of the plugin interface.

import type { Detection } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import type { ImportEdge, Module } from '../../graph/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { addTo } from '../../survey/grouping.ts'
import { isProduct } from '../../survey/whereabouts.ts'

export const rule: Rule = {
  id: 'reversibility/core-imports-plugin',
  decision: 'reversibility',
  severity: 'high',
  effort: { minutes: 60, per: 'site' },
  trial: false,
  summary: 'A domain package imports a concrete plugin, so the plugin can no longer be removed or replaced.',
  judges: { python: judge },
}

function judge({ program }: RuleContext): RuleResult {
  const folders = pluginFolders(program.modules)
  if (folders.size === 0) return { detections: [], examined: { count: 0, of: 'plugins and their importers' } }
  const byPair = new Map<string, ImportEdge[]>()
  const importers = new Set<number>()
  /** Plugin of each module that was asked for. */
  const plugins = new Map<number, string>()
  for (const edge of program.imports.edges) {
    if (edge.tier === 'type-only' || edge.dynamic || edge.optional) continue
    const from = program.modules[edge.from]!
    const to = program.modules[edge.to]!
    if (edge.names.length > 0 && edge.names.every((name) => INTERFACE.test(name))) continue
    if (!plugins.has(edge.to)) plugins.set(edge.to, pluginOf(to.name, folders))
    const plugin = plugins.get(edge.to)!
    if (plugin === '' || !isProduct(from) || isComposition(from) || isInside(from.name, parentOf(plugin))) continue
    importers.add(edge.from)
    const pair = `${edge.from} ${plugin}`
    addTo(byPair, pair, edge)
  }
  const detections: Detection[] = []
  for (const [pair, edges] of byPair) {
    const plugin = pair.slice(pair.indexOf(' ') + 1)
    const first = [...edges].sort((a, b) => a.line - b.line)[0]!
    const from = program.modules[first.from]!
    const to = program.modules[first.to]!
    const users = [...byPair.keys()].filter((key) => key.endsWith(` ${plugin}`)).length
    detections.push({
      place: { path: from.path, line: first.line },
      subject: '<module>',
      evidence: `${from.name} imports ${plugin}`,
      message: {
        what: `\`${from.name}\` imports \`${to.name}\` of the plugin \`${plugin}\`.`,
        why: `The core now needs this one plugin: it cannot be switched off, replaced or tested without; ${counted(users, 'module')} outside the plugins ${users === 1 ? 'does' : 'do'} so.`,
        do: 'Move the shared model to the core or ask for the ability through the plugin interface and its registry.',
      },
      confidence: 'definite',
      severity: first.tier === 'deferred' ? 'medium' : 'high',
      chain: [
        { path: from.path, line: first.line, label: `${from.name} imports ${to.name}` },
        { path: to.path, line: 1, label: `plugin ${plugin}` },
      ],
      related: edges
        .slice(1, 6)
        .map((edge) => ({ path: from.path, line: edge.line, label: `imports ${program.modules[edge.to]!.name}` })),
    })
  }
  const known = [...folders.values()].reduce((sum, names) => sum + names.size, 0)
  return {
    detections,
    examined: { count: Math.max(known, importers.size), of: 'plugins and their importers' },
  }
}

/** Names that a plugin's package offers to the core: base classes, registries and their look-ups. */
const INTERFACE =
  /^(?:Base\w*|Abstract\w*|\w*(?:Interface|Registry|Base|Protocol|Error|Exception)|(?:get|register|list|find|load)_\w+|[A-Z]+(?:_[A-Z]+)*_(?:CLASSES|TYPES|REGISTRY|PLUGINS))$/
const PLUGIN_FOLDER = /(?:^|\.)(?:plugins|addons|extensions)$/
const SHARED =
  /^_|^(?:bases?|base_.*|common|core|registry|interfaces?|contracts?|abstract|types|utils?|helpers|manager|loader|hooks|exceptions|errors|models|schemas|constants|enums|tests?|generic|views|urls|api|management|migrations|admin|service|router|signals|metrics|decorators)$/

/** Plugin folders by dotted name, with their concrete plugins: sub-packages, two at least. */
function pluginFolders(modules: readonly Module[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const module of modules) {
    if (!/plugins|addons|extensions/.test(module.name) || !isProduct(module)) continue
    const segments = module.name.split('.')
    for (let at = 1; at < segments.length - (module.isPackage ? 0 : 1); at++) {
      const folder = segments.slice(0, at).join('.')
      if (!PLUGIN_FOLDER.test(folder)) continue
      const name = segments[at]!
      if (!SHARED.test(name)) found.set(folder, (found.get(folder) ?? new Set()).add(name))
      break
    }
  }
  for (const [folder, names] of found) if (names.size < 2) found.delete(folder)
  return found
}

/** The concrete plugin that a module belongs to: `shop.plugins.stripe`, or ''. */
function pluginOf(name: string, folders: ReadonlyMap<string, ReadonlySet<string>>): string {
  for (const [folder, plugins] of folders) {
    if (!name.startsWith(`${folder}.`)) continue
    const plugin = name.slice(folder.length + 1).split('.')[0]!
    if (plugins.has(plugin)) return `${folder}.${plugin}`
  }
  return ''
}

/** Where an application is put together, naming plugins is the job. */
function isComposition(module: Module): boolean {
  return (
    /(?:^|\.)(?:__main__|main|app|apps|application|asgi|wsgi|urls|cli|manage|settings|config|conftest|bootstrap|celery|worker|scheduler|factory|container)$/.test(
      module.name,
    ) || module.role === 'configuration'
  )
}

const parentOf = (name: string): string => name.slice(0, name.lastIndexOf('.'))
const isInside = (name: string, folder: string): boolean => name === folder || name.startsWith(`${folder}.`)
