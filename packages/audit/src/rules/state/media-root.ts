// Django's default storage: MEDIA_ROOT on the local disk while models take files and no other storage is configured.

import type { Detection } from '../../detection/detection.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { RuleContext } from '../../rule/rule.ts'
import { surveyOf } from '../../survey/survey.ts'
import { isProduct } from '../../survey/whereabouts.ts'

/** The finding on MEDIA_ROOT, if there is one, and how many file fields depend on it. */
export function defaultMediaRoot(context: RuleContext): {
  readonly detection: Detection | undefined
  readonly fields: number
} {
  const { program, trees } = context
  let fields = 0
  for (const name of ['FileField', 'ImageField']) {
    for (const { module, node } of surveyOf(context).callsNamed(name)) {
      if (program.modules[module]!.role !== 'code') continue
      if (program.nameOf(module, node + 1).startsWith('django.db.models.')) fields++
    }
  }
  if (fields === 0) return { detection: undefined, fields }
  const strings = trees[0]!.strings
  const media = strings.id('MEDIA_ROOT')
  const others = [
    'DEFAULT_FILE_STORAGE',
    'STORAGES',
    'storages.backends',
    'S3Boto3Storage',
    'S3Storage',
    'GoogleCloudStorage',
  ].map((name) => strings.id(name))
  let place: { path: string; line: number } | undefined
  for (const module of program.modules) {
    if (!isProduct(module)) continue
    const tree = trees[module.id]!
    if (others.some((name) => tree.mentions(name))) return { detection: undefined, fields }
    if (place !== undefined || !tree.mentions(media)) continue
    for (let node = 1; node < tree.size; node++) {
      if (tree.kind(node) !== Kind.Name || tree.name(node) !== media || !tree.has(node, Flag.STORE)) continue
      if (tree.scope(node) === 0) place = { path: tree.path, line: tree.line(node) }
      break
    }
  }
  if (place === undefined) return { detection: undefined, fields }
  return {
    fields,
    detection: {
      place,
      subject: 'MEDIA_ROOT',
      evidence: 'MEDIA_ROOT without STORAGES',
      message: {
        what: `Uploads go to MEDIA_ROOT on the local disk; ${fields} file field${fields === 1 ? '' : 's'} of the models use it and no other storage is configured.`,
        why: 'A second host does not see the files and a new container loses them, so the service cannot be scaled out or replaced.',
        do: 'Configure STORAGES (django-storages with S3 or another object store) and read the files through it.',
      },
      confidence: 'probable',
    },
  }
}
