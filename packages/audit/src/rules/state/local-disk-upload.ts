// state/local-disk-upload: an uploaded file that is written to the disk of one worker and looked for there later.
import type { Rule } from '../../rule/rule.ts'
import { python } from './local-disk-upload.python.ts'
import { typescript } from './local-disk-upload.typescript.ts'

export const rule: Rule = {
  id: 'state/local-disk-upload',
  decision: 'state',
  severity: 'medium',
  effort: { minutes: 240, per: 'site' },
  trial: false,
  summary: 'An uploaded file is kept on the local disk, where other workers and the next deployment do not find it.',
  judges: { python, typescript },
}
