// reversibility/scattered-vendor-sdk: one vendor's SDK in many domain packages, so that leaving the vendor touches them all.
import { Kind } from '../../facts/contract.ts'
import type { Detection } from '../../findings/finding.ts'
import type { Module, ModuleId } from '../../graph/contract.ts'
import { counted, isProduct, listed } from '../../survey/whereabouts.ts'
import type { Rule, RuleContext } from '../rule.ts'

/** Vendors by the top names of their packages. A name with a dot is compared with what is imported from it. */
const VENDORS: Readonly<Record<string, readonly string[]>> = {
  'the AWS SDK': ['boto3', 'botocore', 'aioboto3', 'aiobotocore'],
  Stripe: ['stripe'],
  OpenAI: ['openai'],
  Anthropic: ['anthropic'],
  Cohere: ['cohere'],
  LiteLLM: ['litellm'],
  MinIO: ['minio'],
  SendGrid: ['sendgrid'],
  Mailgun: ['mailgun'],
  Resend: ['resend'],
  Twilio: ['twilio'],
  Slack: ['slack_sdk', 'slack_bolt', 'slack'],
  PostHog: ['posthog'],
  Segment: ['segment', 'analytics'],
  Firebase: ['firebase_admin'],
  Algolia: ['algoliasearch'],
  Elasticsearch: ['elasticsearch', 'elasticsearch_dsl', 'opensearchpy'],
  Pinecone: ['pinecone'],
  Auth0: ['auth0'],
  Plaid: ['plaid'],
  PayPal: ['paypalrestsdk', 'paypalcheckoutsdk'],
  Braintree: ['braintree'],
  Razorpay: ['razorpay'],
  Cloudinary: ['cloudinary'],
  HubSpot: ['hubspot'],
  Mixpanel: ['mixpanel'],
  Datadog: ['datadog'],
  LaunchDarkly: ['ldclient'],
}
/** Vendors whose packages share a namespace with others: matched on the dotted import. */
const NAMESPACED: Readonly<Record<string, RegExp>> = {
  'Google Cloud': /^(?:google\.cloud|googleapiclient|gcloud)(?:\.|$)/,
  Azure: /^azure\.(?!functions)/,
}
const ENOUGH_PACKAGES = 3

interface User {
  readonly module: ModuleId
  /** Lines where a client is made or a function of the SDK is called. */
  readonly calls: readonly number[]
  readonly importLine: number
}

export const rule: Rule = {
  id: 'reversibility/scattered-vendor-sdk',
  decision: 'reversibility',
  severity: 'medium',
  effort: { minutes: 45, per: 'site' },
  trial: false,
  summary: "A vendor's SDK is used in three or more domain packages instead of behind one adapter.",
  run(context) {
    const users = vendorUsers(context)
    const detections: Detection[] = []
    for (const [vendor, modules] of users) {
      const packages = new Set(modules.map((user) => packageOf(context, user.module)))
      if (packages.size < ENOUGH_PACKAGES) continue
      detections.push(...report(context, vendor, modules, packages))
    }
    return { detections, examined: { count: users.size, of: 'vendor SDKs' } }
  },
}

function vendorUsers(context: RuleContext): ReadonlyMap<string, readonly User[]> {
  const { program } = context
  const found = new Map<string, User[]>()
  for (const module of program.modules) {
    if (!isProduct(module)) continue
    const externals = program.imports.externalsOf(module.id)
    for (const [vendor, names] of Object.entries(VENDORS)) {
      const name = names.find((item) => externals.has(item))
      if (name === undefined) continue
      found.set(vendor, [...(found.get(vendor) ?? []), user(context, module, new RegExp(`^(?:${names.join('|')})(?:\\.|$)`), externals.get(name)!)])
    }
    if (!externals.has('google') && !externals.has('googleapiclient') && !externals.has('azure')) continue
    for (const [vendor, pattern] of Object.entries(NAMESPACED)) {
      const line = importLine(context, module.id, pattern)
      if (line > 0) found.set(vendor, [...(found.get(vendor) ?? []), user(context, module, pattern, line)])
    }
  }
  return found
}

function importLine({ trees }: RuleContext, module: ModuleId, pattern: RegExp): number {
  const tree = trees[module]!
  for (let node = 1; node < tree.size; node++) {
    const kind = tree.kind(node)
    if (kind === Kind.ImportFrom && pattern.test(tree.text(node))) return tree.line(node)
    if (kind === Kind.Alias && tree.kind(tree.parent(node)) === Kind.Import && pattern.test(tree.text(node))) return tree.line(node)
  }
  return 0
}

function user(context: RuleContext, module: Module, pattern: RegExp, line: number): User {
  const { program } = context
  const [from, to] = program.callRange(module.id)
  const calls: number[] = []
  for (let call = from; call < to; call++) {
    const name = program.externalOf(call)
    // Handling the vendor's errors and types is no use of the service.
    if (pattern.test(name) && !/(?:Error|Exception|Config|Fault)$/.test(name)) calls.push(program.callInfo(call).line)
  }
  return { module: module.id, calls, importLine: line }
}

/** The domain package of a module, or its folder for a module outside every package. */
function packageOf({ program }: RuleContext, module: ModuleId): string {
  const { domain, path } = program.modules[module]!
  return domain >= 0 ? program.packages[domain]!.name : path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

function report(context: RuleContext, vendor: string, users: readonly User[], packages: ReadonlySet<string>): Detection[] {
  const { program } = context
  const adapter = adapterOf(context, users)
  const callers = users.filter((item) => item.calls.length > 0)
  const typesOnly = users.length - callers.length
  const outside = users.filter((item) => packageOf(context, item.module) !== adapter && program.modules[item.module]!.role === 'code')
  return outside.map((item) => {
    const module = program.modules[item.module]!
    const line = item.calls[0] ?? item.importLine
    const own = packageOf(context, item.module)
    const leak = typesOnly === 0 ? '' : `, ${typesOnly} of them only its types and errors`
    return {
      place: { path: module.path, line },
      subject: '<module>',
      evidence: `${vendor} in ${own}`,
      message: {
        what: item.calls.length > 0 ? `\`${module.name}\` calls ${vendor} itself, ${counted(item.calls.length, 'time')}.` : `\`${module.name}\` depends on the types of ${vendor}.`,
        why: `${counted(packages.size, 'domain package')} (${listed([...packages].sort())}) and ${counted(users.length, 'module')} know ${vendor}${leak}: a change of vendor, key or retry policy has to be made in each.`,
        do: `Let \`${adapter}\` be the only package that imports it, and give the others an interface in words of your domain.`,
      },
      confidence: item.calls.length > 0 ? 'definite' : 'probable',
      severity: item.calls.length > 0 ? 'medium' : 'low',
      related: item.calls.slice(1, 6).map((call) => ({ path: module.path, line: call, label: `another use of ${vendor}` })),
      fixSite: { path: module.path, line, name: `${own}: ${vendor}` },
    } satisfies Detection
  })
}

/** The package that should keep the SDK: one named like an adapter, else the one with the most calls. */
function adapterOf(context: RuleContext, users: readonly User[]): string {
  const calls = new Map<string, number>()
  for (const item of users) {
    const name = packageOf(context, item.module)
    const { path } = context.program.modules[item.module]!
    const weight = /(?:storage|adapters?|integrations?|clients?|gateways?|providers?|vendors?|external|services?|aws|s3|lib)\b/.test(path) ? 1000 : 0
    calls.set(name, (calls.get(name) ?? 0) + item.calls.length + weight)
  }
  return [...calls].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]![0]
}
