// One run of the check, with its time. Declarations that cannot be used stop it: a gate that judges less than asked is none.
import type { AuditResult } from '@footing/audit'
import { showProgress } from '../audit/progress.ts'
import type { CommandContext } from '../command/command.ts'
import type { CheckRequest } from './request.ts'

type Auditor = typeof import('@footing/audit')

/** What a run gives. */
export interface CheckRun {
  readonly result: AuditResult
  readonly milliseconds: number
}

/** @throws FootingError `audit-nothing-to-read`, `audit-settings-wrong` */
export async function checkOnce(
  request: CheckRequest,
  { terminal, signal }: Pick<CommandContext, 'terminal' | 'signal'>,
  auditor: Auditor,
): Promise<CheckRun> {
  const begun = performance.now()
  const progress = showProgress(terminal)
  try {
    const result = await auditor.audit({ ...request.options, signal, onProgress: progress.update })
    const wrong = result.boundaries?.problems.find(({ place }) => place.path === 'footing.config.json')
    if (wrong !== undefined) {
      throw auditor.auditErrors('audit-settings-wrong', {
        details: {
          file: 'The configuration',
          problem: wrong.what,
          remedy: 'Correct it. Globs count from the folder that is checked, and modules are called by their folders.',
        },
      })
    }
    return { result, milliseconds: performance.now() - begun }
  } finally {
    progress.close()
  }
}
