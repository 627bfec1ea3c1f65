// local-disk-upload in TypeScript: multer with a folder, and uploads that a handler writes with `fs`.

import type { Detection } from '../../detection/detection.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { Confidence } from '../../facts/place.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { calleeName, positional } from '../../survey/expressions.ts'
import { entryOf } from '../../survey/object-literal.ts'
import { serverModules } from '../../survey/server-code.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { bodyOf, chainTo, placeOf, servedBy, subjectOf, WEB } from '../../survey/whereabouts.ts'

const INTERCEPTORS = ['FileInterceptor', 'FilesInterceptor', 'FileFieldsInterceptor', 'AnyFilesInterceptor']
const TEMPORARY = /(?:^|_)te?mp(?:_|$|dir|file|path)|tmpdir|mkdtemp|temporary|scratch/i
const DELETES = /^(?:unlink|unlinkSync|rm|rmSync|remove|removeSync|rimraf|del|emptyDir)$/
/** One of several places to keep files, behind an interface: the disk is what this one is for. */
const STORAGE_DRIVER = /storage|driver|adapter|provider|\blocal|file-?system|asset/i
const UPLOAD_TYPE = /^(?:File|MulterFile|MultipartFile|FileUpload|UploadedFile|MemoryStorageFile|BufferedFile)$/

/** Uploads that land on the disk of one process's host. */
export function typescript(context: RuleContext): RuleResult {
  const found: Detection[] = []
  let examined = 0
  const server = serverModules(context)
  const each = (name: string, judge: (site: Site, tree: SyntaxTree) => Confidence | undefined): void => {
    for (const site of surveyOf(context).callsNamed(name)) {
      if (!server.has(site.module)) continue
      const tree = context.trees[site.module]!
      const confidence = judge(site, tree)
      if (confidence !== undefined) found.push(detection(context, site, confidence))
    }
  }
  const named = (site: Site): string => context.program.nameOf(site.module, site.node + 1)
  each('diskStorage', (site, tree) => {
    if (!named(site).startsWith('multer')) return undefined
    examined++
    return folderVerdict(tree, site.node, entryOf(tree, positional(tree, site.node, 0), 'destination'))
  })
  for (const name of ['multer', ...INTERCEPTORS]) {
    each(name, (site, tree) => {
      if (!/^multer|^@nestjs\/platform-express\./.test(named(site))) return undefined
      examined++
      const options = tree.lastChild(site.node)
      const folder = options === site.node + 1 ? -1 : entryOf(tree, options, 'dest')
      return folder < 0 ? undefined : folderVerdict(tree, site.node, folder)
    })
  }
  for (const name of ['writeFile', 'writeFileSync', 'outputFile', 'createWriteStream', 'mv']) {
    each(name, (site, tree) => {
      const fn = tree.enclosingFunction(site.node)
      if (fn < 0 || STORAGE_DRIVER.test(`${tree.path} ${subjectOf(context, site)}`)) return undefined
      if (name !== 'mv' && !/^(?:fs|fs-extra|graceful-fs)\b/.test(named(site))) return undefined
      if (!takesUpload(tree, site.node, fn, name)) return undefined
      examined++
      if (servedBy(context, bodyOf(context, site), WEB) === undefined) return undefined
      return isTemporary(tree, fn, positional(tree, site.node, 0)) || deletes(tree, fn, tree.end(fn))
        ? undefined
        : 'probable'
    })
  }
  return { detections: found, examined: { count: examined, of: 'places that take uploads' } }
}

/** A folder that is temporary is scratch space; one that the same file deletes from may be. */
function folderVerdict(tree: SyntaxTree, call: number, folder: number): Confidence | undefined {
  // Without a destination multer uses the folder of the system for temporary files.
  if (folder < 0 || isTemporary(tree, tree.enclosingFunction(call), folder)) return undefined
  return deletes(tree, 0, tree.size) ? 'possible' : 'definite'
}

function isTemporary(tree: SyntaxTree, fn: number, node: number): boolean {
  for (let at = node; node >= 0 && at < tree.end(node); at++) {
    const kind = tree.kind(at)
    if (kind === Kind.String && tree.value(at) >= 0 && /^\/tmp|(?:^|\/)te?mp(?:\/|$)/.test(tree.text(at))) return true
    if (kind !== Kind.Name && kind !== Kind.Attribute) continue
    if (TEMPORARY.test(tree.text(at).replace(/([a-z])([A-Z])/g, '$1_$2'))) return true
    const value = kind === Kind.Name ? givenTo(tree, fn, at) : -1
    if (value >= 0 && value !== node && value < node && isTemporary(tree, fn, value)) return true
  }
  return false
}

/** What a name is assigned inside of a function before it is used, or -1. */
function givenTo(tree: SyntaxTree, fn: number, name: number): number {
  for (let at = Math.max(fn, 0); at < name; at++) {
    if (tree.kind(at) !== Kind.Name || tree.name(at) !== tree.name(name) || !tree.has(at, Flag.STORE)) continue
    const statement = tree.parent(at)
    if (tree.kind(statement) === Kind.Assign || tree.kind(statement) === Kind.AnnAssign)
      return tree.lastChild(statement)
  }
  return -1
}

function deletes(tree: SyntaxTree, from: number, to: number): boolean {
  for (let at = Math.max(from, 1); at < to; at++) {
    if (tree.kind(at) === Kind.Call && DELETES.test(calleeName(tree, at))) return true
  }
  return false
}

/** What is written comes from an upload of the request. */
function takesUpload(tree: SyntaxTree, call: number, fn: number, method: string): boolean {
  const names = new Set<number>()
  for (let at = fn + 1; at < call; at++) {
    const kind = tree.kind(at)
    if (kind === Kind.Param && tree.has(at, Flag.HAS_ANNOTATION)) {
      for (let part = at + 1; part < tree.end(at + 1); part++) {
        const word = tree.kind(part)
        if ((word === Kind.Name || word === Kind.Attribute) && UPLOAD_TYPE.test(tree.text(part)))
          names.add(tree.name(at))
      }
    } else if ((kind === Kind.Assign || kind === Kind.AnnAssign) && tree.kind(at + 1) === Kind.Name) {
      if (holdsUpload(tree, tree.lastChild(at), names)) names.add(tree.name(at + 1))
    }
  }
  if (method === 'mv') return tree.kind(call + 1) === Kind.Attribute && holdsUpload(tree, call + 2, names)
  if (method === 'createWriteStream') {
    // `pipeline(part.file, createWriteStream(path))`, `req.pipe(createWriteStream(path))`
    const around = tree.ancestor(call, Kind.Call)
    return around >= 0 && /^(?:pipeline|pump|pipe)$/.test(calleeName(tree, around)) && holdsUpload(tree, around, names)
  }
  const content = positional(tree, call, 1)
  return content >= 0 && holdsUpload(tree, content, names)
}

function holdsUpload(tree: SyntaxTree, node: number, names: ReadonlySet<number>): boolean {
  for (let at = node; at < tree.end(node); at++) {
    const kind = tree.kind(at)
    if (kind === Kind.Name && names.has(tree.name(at))) return true
    if (kind !== Kind.Attribute) continue
    const text = tree.dotted(at)
    if (/^(?:req|request|ctx|ctx\.request)\.files?(?:$|\.)/.test(text)) return true
  }
  return false
}

function detection(context: RuleContext, site: Site, confidence: Confidence): Detection {
  const body = bodyOf(context, site)
  const place = placeOf(context, site)
  const { entry, chain } = chainTo(context, body, WEB, { ...place, label: 'writes the upload' })
  const subject = subjectOf(context, site)
  return {
    place,
    subject,
    evidence: 'upload written to disk',
    message: {
      what: `${subject === '<module>' ? 'The file' : `\`${subject}\``} keeps uploaded files on the local disk.`,
      why: 'Another process on another host, or the next deployment, does not have the file: the application cannot run twice or be replaced without losing data.',
      do: 'Put it in object storage through one storage interface, and store its key.',
    },
    confidence,
    chain: entry !== undefined && entry.function !== body ? chain : [],
    fanOut: context.program.reach.routes(body),
  }
}
