// vendor-sdk-outside-driver: the client of a vendor is imported where the domain is, not in a driver.

import type { Detection } from '../../detection/detection.ts'
import { compilePattern } from '../../discover/ignore-rules.ts'
import type { ImportStatement, Module } from '../../graph/contract.ts'
import { boundaryModel } from '../../modules/find-modules.ts'
import { importVerb } from '../../modules/import-words.ts'
import { vendorOf } from '../../modules/vendor-sdks.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { addTo } from '../../survey/grouping.ts'
import { isProduct } from '../../survey/whereabouts.ts'

/** Places from which a vendor has to be imported before a project that declared no drivers is told. */
const ENOUGH_PLACES = 3

export const rule: Rule = {
  id: 'reversibility/vendor-sdk-outside-driver',
  decision: 'reversibility',
  severity: 'medium',
  effort: { minutes: 90, per: 'site' },
  trial: false,
  summary: "A vendor's SDK is imported outside of the drivers and adapters.",
  assures: { says: 'vendor SDKs stay behind drivers', from: 3 },
  judges: { typescript: judge },
}

function judge(context: RuleContext): RuleResult {
  const uses = usesOf(context)
  const isStrict = strictness(context)
  const isHome = homes(context)
  const byVendor = new Map<string, Use[]>()
  for (const use of uses) if (!isHome(use.file.path, use.vendor)) addTo(byVendor, use.vendor, use)
  return {
    detections: [...byVendor].flatMap(([vendor, all]) => judgeVendor(context, vendor, all, isStrict)),
    examined: { count: uses.length, of: 'imports of vendor SDKs' },
  }
}

interface Use {
  readonly file: Module
  readonly statement: ImportStatement
  readonly vendor: string
  readonly name: string
}

function usesOf({ program, settings }: RuleContext): Use[] {
  return program.imports.statements.flatMap((statement) => {
    const file = program.modules[statement.from]!
    const { target } = statement
    const name = target.to === 'package' ? target.name : target.to === 'nowhere' ? (target.name ?? '') : ''
    const vendor = name === '' ? undefined : vendorOf(name, settings.boundaries.vendors)
    return vendor === undefined || !isProduct(file) ? [] : [{ file, statement, vendor, name }]
  })
}

/** Who has declared where drivers are, or builds with Footing, which has drivers, means every import. */
function strictness(context: RuleContext): (path: string) => boolean {
  if (context.settings.boundaries.drivers.length > 0) return () => true
  const { modules } = boundaryModel(context)
  const home = (path: string): string => packageOf(context, path)
  const applications = new Set(modules.flatMap(({ origin, folder }) => (origin === 'manifest' ? [home(folder)] : [])))
  return (path) => applications.has(home(path))
}

/** Folder of the nearest package.json above a path. */
function packageOf({ manifests }: RuleContext, path: string): string {
  const above = manifests.packages.filter(({ folder }) => folder === '' || path.startsWith(`${folder}/`))
  return above.reduce((nearest, { folder }) => (folder.length > nearest.length ? folder : nearest), '')
}

/** Folders and files whose job it is to speak to vendors. */
const HOME =
  /(?:^|\/)(?:adapters?|drivers?|integrations?|gateways?|providers?|vendors?|connectors?|external|infra|infrastructure|persistence|clients?|storages?|transports?|channels?|plugins?|sdks?)\/|[.-](?:adapter|driver|gateway|provider|connector|client|transport)\.[mc]?[jt]sx?$/i

function homes({ settings }: RuleContext): (path: string, vendor: string) => boolean {
  const declared = settings.boundaries.drivers.map((glob) => compilePattern(glob))
  return (path, vendor) => {
    if (declared.some((pattern) => pattern?.test(path) === true)) return true
    if (declared.length > 0) return false
    return HOME.test(path) || isNamedAfter(path, vendor)
  }
}

/** `stripe.ts`, `stripe/refund.ts`, `stripe-client.ts`, `redis.service.ts`: a file or folder of the vendor's own name. */
function isNamedAfter(path: string, vendor: string): boolean {
  const words: readonly string[] = vendor.toLowerCase().match(/[a-z0-9]{2,}/g) ?? []
  const segments = path.toLowerCase().split(/[/.]/)
  return segments.some((segment) => segment.split(/[-_]/).some((word) => words.includes(word) && word !== 'apis'))
}

function judgeVendor(
  context: RuleContext,
  vendor: string,
  uses: readonly Use[],
  isStrict: (path: string) => boolean,
): Detection[] {
  const places = new Set(
    uses.filter(({ statement }) => !statement.typeOnly).map(({ file }) => placeName(context, file)),
  )
  const byFile = new Map<Module, Use[]>()
  for (const use of uses) {
    const { file, statement } = use
    if (isStrict(file.path) || (places.size >= ENOUGH_PLACES && !statement.typeOnly)) addTo(byFile, file, use)
  }
  return [...byFile].map(([file, [first, ...rest]]) => detection(context, vendor, file, first!, rest, places.size))
}

function detection(
  context: RuleContext,
  vendor: string,
  file: Module,
  { statement, name }: Use,
  rest: readonly Use[],
  places: number,
): Detection {
  return {
    place: { path: file.path, line: statement.line },
    subject: '<module>',
    evidence: `${importVerb(statement)} ${name}`,
    message: {
      what: `\`${file.path}\` ${importVerb(statement)} \`${name}\`, the SDK of ${vendor}, outside of a driver.`,
      why:
        places >= ENOUGH_PLACES
          ? `${places} places know ${vendor}: another vendor, another version or another retry policy has to be made in each.`
          : `Words of ${vendor} get into the domain here: a change of vendor or of its major version reaches code that is not about it.`,
      do: `Put the call behind an interface in words of the domain, in a driver such as \`${driverFor(context, file, vendor)}\`, and import that.`,
    },
    confidence: 'definite',
    severity: statement.typeOnly ? 'low' : 'medium',
    related: rest.map((use) => ({
      path: file.path,
      line: use.statement.line,
      label: `also ${importVerb(use.statement)} \`${use.name}\``,
    })),
    fixSite: { path: file.path, line: statement.line, name: `${file.path}: ${vendor}` },
  }
}

/** The module of a file; in a package, which may be a whole application, the folder below its `src`. */
function placeName(context: RuleContext, { id, path }: Module): string {
  const model = boundaryModel(context)
  const module = model.modules[model.of[id] ?? -1]
  if (module !== undefined && module.origin !== 'workspace') return module.folder
  const root = packageOf(context, path)
  const below = (root === '' ? path : path.slice(root.length + 1)).split('/').slice(0, -1)
  const depth = below[0] === 'src' || below[0] === 'lib' || below[0] === 'app' ? 2 : 1
  return [...(root === '' ? [] : [root]), ...below.slice(0, depth)].join('/')
}

function driverFor(context: RuleContext, file: Module, vendor: string): string {
  const [word = 'vendor'] = vendor.toLowerCase().match(/[a-z0-9]{2,}/g) ?? []
  return `${placeName(context, file) || '.'}/drivers/${word}.ts`
}
