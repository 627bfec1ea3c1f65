// local-disk-upload in Python: an uploaded file that is written to the disk of one worker and looked for there later.

import type { Detection } from '../../detection/detection.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { Confidence } from '../../facts/place.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import {
  argument,
  calleeName,
  constantText,
  positional,
  receiverOf,
  underSubscripts,
} from '../../survey/expressions.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { bodyOf, chainTo, functionSite, isProduct, placeOf, WEB } from '../../survey/whereabouts.ts'
import { defaultMediaRoot } from './media-root.ts'

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const survey = surveyOf(context)
  const detections: Detection[] = []
  const handlers = new Set<number>()
  for (const method of ['open', 'write_bytes', 'save', 'copyfileobj', 'write_text']) {
    for (const site of survey.callsNamed(method)) {
      if (!isProduct(context.program.modules[site.module]!)) continue
      const tree = context.trees[site.module]!
      const fn = tree.enclosingFunction(site.node)
      if (fn < 0) continue
      const uploads = uploadNames(tree, fn)
      if (uploads.size === 0) continue
      handlers.add(bodyOf(context, site))
      const written = writtenPath(tree, site.node, method, fn, uploads)
      if (written === undefined) continue
      const found = detection(context, site, fn, written)
      if (found !== undefined) detections.push(found)
    }
  }
  const media = defaultMediaRoot(context)
  return {
    detections: media.detection === undefined ? detections : [...detections, media.detection],
    examined: { count: handlers.size + media.fields, of: 'places that take uploads' },
  }
}

interface Written {
  /** The path expression: an argument, or what `.open` and `.write_bytes` are called on. */
  readonly path: number
  readonly confidence: Confidence
}

const UPLOAD_TYPES = /^(?:UploadFile|FileStorage|UploadedFile|InMemoryUploadedFile|TemporaryUploadedFile)$/

/** String numbers of names that hold an upload in a function: typed parameters, `request.FILES[…]`, and what is read from them. */
function uploadNames(tree: SyntaxTree, fn: number): ReadonlySet<number> {
  const names = new Set<number>()
  for (let at = fn + 1; at < tree.end(fn); at++) {
    const kind = tree.kind(at)
    if (kind === Kind.Param && tree.has(at, Flag.HAS_ANNOTATION)) {
      for (let part = at + 1; part < tree.end(at + 1); part++) {
        const word = tree.kind(part)
        if ((word === Kind.Name || word === Kind.Attribute) && UPLOAD_TYPES.test(tree.text(part)))
          names.add(tree.name(at))
      }
    } else if (kind === Kind.Assign || kind === Kind.NamedExpr || kind === Kind.For || kind === Kind.WithItem) {
      const target = kind === Kind.WithItem ? tree.lastChild(at) : at + 1
      const value = kind === Kind.WithItem ? at + 1 : kind === Kind.For ? tree.nextSibling(at + 1) : tree.lastChild(at)
      if (tree.kind(target) === Kind.Name && target !== value && holdsUpload(tree, value, names))
        names.add(tree.name(target))
    }
  }
  return names
}

/** The expression reads an upload: a known name, `request.files`, `request.FILES`, `info.context.FILES`. */
function holdsUpload(tree: SyntaxTree, node: number, names: ReadonlySet<number>): boolean {
  for (let at = node; at < tree.end(node); at++) {
    const kind = tree.kind(at)
    if (kind === Kind.Name && names.has(tree.name(at))) return true
    if (kind === Kind.Attribute && (tree.text(at) === 'FILES' || tree.text(at) === 'files')) {
      const object = tree.dotted(at + 1)
      if (/(?:^|\.)(?:request|context|req|flask\.request)$/.test(object)) return true
    }
  }
  return false
}

/** The path that the call writes an upload to, or undefined when it writes none. */
function writtenPath(
  tree: SyntaxTree,
  call: number,
  method: string,
  fn: number,
  uploads: ReadonlySet<number>,
): Written | undefined {
  switch (method) {
    case 'open': {
      const isMethod = tree.kind(call + 1) === Kind.Attribute
      if (
        isMethod &&
        /^(?:Image|zipfile|tarfile|io|os|storage|default_storage|fs|self|webbrowser|fitz|wave)$/.test(
          tree.dotted(call + 2),
        )
      )
        return undefined
      const mode = constantText(tree, argument(tree, call, isMethod ? 0 : 1, 'mode'))
      if (!/^[wax]b?\+?$/.test(mode)) return undefined
      // `with open(…) as out:` whose body, or the function after it, writes something that comes from the upload.
      if (!writesUpload(tree, fn, uploads)) return undefined
      return {
        path: isMethod ? receiverOf(tree, call) : positional(tree, call, 0),
        confidence: isMethod ? 'probable' : 'definite',
      }
    }
    case 'write_bytes':
    case 'write_text': {
      const content = positional(tree, call, 0)
      return content >= 0 && holdsUpload(tree, content, uploads)
        ? { path: receiverOf(tree, call), confidence: 'probable' }
        : undefined
    }
    case 'save': {
      // werkzeug: upload.save(path); a storage's save(name, upload) has the upload as argument.
      const receiver = receiverOf(tree, call)
      if (receiver < 0 || tree.kind(receiver) !== Kind.Name || !isUploadItself(tree, fn, receiver)) return undefined
      const path = positional(tree, call, 0)
      if (path < 0 || !isFlaskLike(tree) || isBuffer(tree, fn, path)) return undefined
      return { path, confidence: 'probable' }
    }
    default:
      return undefined
  }
}

/** The name is the upload, not something made from it (an image, a workbook): a typed parameter, `request.files[…]`. */
function isUploadItself(tree: SyntaxTree, fn: number, name: number): boolean {
  const value = assigned(tree, fn, name)
  if (value < 0) return true
  const source = tree.kind(value) === Kind.Call ? value + 1 : value
  return /(?:^|\.)files$/i.test(
    tree.dotted(
      tree.kind(source) === Kind.Attribute && tree.kind(value) === Kind.Call
        ? source + 1
        : underSubscripts(tree, source),
    ),
  )
}

/** Written to memory: `BytesIO()`. */
function isBuffer(tree: SyntaxTree, fn: number, path: number): boolean {
  const value = tree.kind(path) === Kind.Name ? assigned(tree, fn, path) : path
  return (
    value >= 0 &&
    tree.kind(value) === Kind.Call &&
    /^(?:BytesIO|StringIO|SpooledTemporaryFile)$/.test(calleeName(tree, value))
  )
}

function isFlaskLike(tree: SyntaxTree): boolean {
  return ['flask', 'werkzeug.utils', 'werkzeug.datastructures', 'secure_filename', 'FileStorage', 'quart'].some(
    (name) => tree.mentions(tree.strings.id(name)),
  )
}

function writesUpload(tree: SyntaxTree, fn: number, uploads: ReadonlySet<number>): boolean {
  for (let at = fn + 1; at < tree.end(fn); at++) {
    if (tree.kind(at) !== Kind.Call) continue
    const name = calleeName(tree, at)
    if (name !== 'write' && name !== 'copyfileobj' && name !== 'writelines') continue
    const content = positional(tree, at, 0)
    if (content >= 0 && holdsUpload(tree, content, uploads)) return true
  }
  return false
}

function detection(context: RuleContext, site: Site, fn: number, written: Written): Detection | undefined {
  const { program, trees } = context
  const tree = trees[site.module]!
  const path = written.path
  if (path >= 0 && isTemporary(tree, fn, path)) return undefined
  const inWorkingDirectory = path >= 0 && isRelative(tree, fn, path)
  // A file with its own folder that the function deletes again is scratch space, not state.
  const isDeleted = deletes(tree, fn)
  if (isDeleted && !inWorkingDirectory) return undefined
  const body = bodyOf(context, site)
  const info = program.functionInfo(body)
  const place = placeOf(context, site)
  const serves = program.reach.isReachable(body, WEB)
  const { entry, chain } = chainTo(context, body, WEB, { ...place, label: 'writes the upload' })
  const where = inWorkingDirectory ? 'the working directory of the process' : 'the local disk'
  return {
    place,
    subject: info.name,
    evidence: 'upload written to disk',
    message: {
      what: `\`${info.name}\` writes an uploaded file to ${where}.`,
      why: isDeleted
        ? 'The directory may be read-only or shared, names can clash, and the file stays behind when the worker dies before it is deleted.'
        : 'Another worker or the next deployment does not have the file: the application cannot run on two hosts or be replaced without losing data.',
      do: isDeleted
        ? 'Use `tempfile.NamedTemporaryFile` (or keep the bytes in memory).'
        : 'Put it in object storage through one storage interface, and store its key.',
    },
    confidence: serves ? written.confidence : 'probable',
    severity: isDeleted ? 'low' : 'medium',
    chain: entry !== undefined && entry.function !== body ? chain : [],
    fanOut: program.reach.routes(body),
    fixSite: functionSite(context, body),
    ...(isDeleted ? { minutes: 20 } : {}),
  }
}

const TEMPORARY = /^(?:tempfile|mkstemp|mkdtemp|gettempdir)$|temporary|(?:^|_)te?mp(?:_|$|dir|file|path)/i

/** The path is made from tempfile, from a name like `tmp_dir`, or begins with /tmp. */
function isTemporary(tree: SyntaxTree, fn: number, path: number, depth = 0): boolean {
  for (let at = path; at < tree.end(path); at++) {
    const kind = tree.kind(at)
    if (kind === Kind.String && tree.text(at).startsWith('/tmp')) return true
    if (kind !== Kind.Name && kind !== Kind.Attribute) continue
    if (TEMPORARY.test(tree.text(at))) return true
    if (kind !== Kind.Name || depth === 3) continue
    const value = assigned(tree, fn, at)
    if (value >= 0 && value !== path && isTemporary(tree, fn, value, depth + 1)) return true
  }
  return false
}

/** What a local name is assigned in the function (or bound to by `with`), or -1. */
function assigned(tree: SyntaxTree, fn: number, name: number): number {
  const wanted = tree.name(name)
  for (let at = fn + 1; at < tree.end(fn); at++) {
    if (tree.kind(at) !== Kind.Name || tree.name(at) !== wanted || !tree.has(at, Flag.STORE)) continue
    const parent = tree.parent(at)
    if (tree.kind(parent) === Kind.Assign || tree.kind(parent) === Kind.AnnAssign) return tree.lastChild(parent)
    if (tree.kind(parent) === Kind.WithItem) return parent + 1
  }
  return -1
}

/** A text without any folder, so it lands in the working directory. */
function isRelative(tree: SyntaxTree, fn: number, path: number): boolean {
  const value = tree.kind(path) === Kind.Name ? assigned(tree, fn, path) : path
  if (value < 0) return false
  const kind = tree.kind(value)
  if (kind !== Kind.String && kind !== Kind.FString) return false
  const text = constantText(tree, value)
  return text !== '' && !text.includes('/') && !text.startsWith('{}{}') && /\.\w+$/.test(text)
}

function deletes(tree: SyntaxTree, fn: number): boolean {
  for (let at = fn + 1; at < tree.end(fn); at++) {
    if (tree.kind(at) === Kind.Call && /^(?:remove|unlink|rmtree|cleanup)$/.test(calleeName(tree, at))) return true
  }
  return false
}
