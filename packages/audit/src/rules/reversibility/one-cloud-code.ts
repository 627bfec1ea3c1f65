// reversibility/one-cloud-code: queries that only one cloud's database understands, and handlers that only its functions call.
import type { Detection } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { ModuleId } from '../../graph/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import type { Site } from '../../survey/survey.ts'
import { isProduct, placeOf, subjectOf } from '../../survey/whereabouts.ts'

/** Fewer files than this are an adapter, wherever they lie. */
const LEAST = 3

interface Tie {
  readonly what: string
  /** Words of its language: names of keywords, keys and attributes. */
  readonly words: readonly string[]
  /** Packages that the file, or one that it imports, has to use. */
  readonly libraries: RegExp
  readonly remedy: string
}

const TIES: readonly Tie[] = [
  {
    what: 'expressions of DynamoDB',
    words: [
      'KeyConditionExpression',
      'UpdateExpression',
      'FilterExpression',
      'ProjectionExpression',
      'ConditionExpression',
      'ExpressionAttributeValues',
      'ExpressionAttributeNames',
    ],
    libraries: /^(?:boto3|aioboto3|botocore|pynamodb|aws-sdk|@aws-sdk\/.*)$/,
    remedy: 'Put them behind repositories in one package: the rest speaks of orders, not of key conditions.',
  },
  {
    what: 'queries of Firestore',
    words: ['order_by', 'orderBy', 'where', 'collection', 'collection_group', 'collectionGroup', 'startAfter'],
    libraries: /^(?:firebase-admin|firebase_admin|@google-cloud\/firestore)$/,
    remedy: 'Put them behind repositories in one package: the rest speaks of orders, not of collections.',
  },
  {
    what: 'handlers of cloud functions',
    words: [
      'lambda_handler',
      'APIGatewayProxyHandler',
      'APIGatewayProxyEvent',
      'APIGatewayProxyResult',
      'functions_framework',
      'HttpFunction',
      'FunctionApp',
      'SQSEvent',
      'SQSHandler',
      'onRequest',
      'onCall',
    ],
    libraries:
      /^(?:aws-lambda|@types\/aws-lambda|aws_lambda_powertools|functions_framework|@google-cloud\/functions-framework|firebase-functions|@azure\/functions|azure)$/,
    remedy: 'Let the handler turn the event into a call of the domain and back, in one package of adapters.',
  },
]
const HANDLER_NAMES: ReadonlySet<string> = new Set(['lambda_handler'])

export const rule: Rule = {
  id: 'reversibility/one-cloud-code',
  decision: 'reversibility',
  severity: 'medium',
  effort: { minutes: 480, per: 'once' },
  trial: true,
  summary: 'Queries or handlers that only one cloud understands are scattered over the code.',
  judges: { python: judge, typescript: judge },
}

function judge(context: RuleContext): RuleResult {
  const detections: Detection[] = []
  let examined = 0
  for (const tie of TIES) {
    const sites = sitesOf(context, tie)
    examined += sites.length
    const folders = new Set(sites.map(({ module }) => folderOf(context.trees[module]!.path)))
    if (sites.length < LEAST || folders.size < 2) continue
    detections.push(detection(context, tie, sites, folders.size))
  }
  return { detections, examined: { count: examined, of: 'files that speak the language of one cloud' } }
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

/** The first place of each file that speaks so. */
function sitesOf({ program, trees }: RuleContext, tie: Tie): Site[] {
  const strings = trees[0]!.strings
  const words = new Set(tie.words.map((word) => strings.id(word)).filter((id) => id >= 0))
  if (words.size === 0) return []
  const found: Site[] = []
  for (const module of program.modules) {
    if (!isProduct(module)) continue
    const tree = trees[module.id]!
    const uses = usesLibrary(program, module.id, tie.libraries)
    if (!uses && !tie.words.some((word) => HANDLER_NAMES.has(word))) continue
    const node = firstWord(tree, words, uses)
    if (node >= 0) found.push({ module: module.id, node })
  }
  return found
}

function usesLibrary(program: RuleContext['program'], module: ModuleId, libraries: RegExp): boolean {
  return [...program.imports.externalsOf(module).keys()].some((name) => libraries.test(name))
}

function firstWord(tree: SyntaxTree, words: ReadonlySet<number>, usesLibrary: boolean): number {
  for (let node = 1; node < tree.size; node++) {
    const kind = tree.kind(node)
    const named =
      kind === Kind.Keyword ||
      kind === Kind.Attribute ||
      kind === Kind.Name ||
      kind === Kind.FunctionDef ||
      kind === Kind.Alias ||
      kind === Kind.String
    if (!named || tree.value(node) < 0 || !words.has(tree.name(node))) continue
    // `where` is a word of many: it has to be called.
    if (kind === Kind.String && tree.kind(tree.parent(node)) !== Kind.Dict) continue
    if (
      usesLibrary
        ? kind !== Kind.Name || tree.kind(tree.parent(node)) !== Kind.Alias
        : kind === Kind.FunctionDef && HANDLER_NAMES.has(tree.text(node))
    )
      return node
  }
  return -1
}

function detection(context: RuleContext, tie: Tie, sites: readonly Site[], folders: number): Detection {
  const first = sites[0]!
  return {
    place: placeOf(context, first),
    subject: subjectOf(context, first),
    evidence: tie.what,
    message: {
      what: `${counted(sites.length, 'file')} in ${counted(folders, 'folder')} have ${tie.what}.`,
      why: 'Each of them has to be written anew for another database or another place to run, and none can be tested without an imitation of that cloud.',
      do: tie.remedy,
    },
    confidence: 'probable',
    fanOut: sites.length,
    related: sites.slice(1, 21).map((site) => ({ ...placeOf(context, site), label: subjectOf(context, site) })),
  }
}
