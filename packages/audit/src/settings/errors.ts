// The coded errors of the auditor: what a person can repair when an audit cannot run.
import { defineErrors } from '@footing/kernel'

/** Errors of the auditor; each says what, why and what to do. */
export const auditErrors = defineErrors({
  'audit-root-missing': {
    status: 404,
    retryable: false,
    what: 'There is no folder {path}.',
    why: 'There is nothing to look at.',
    remedy: 'Give the path of a folder that is there.',
  },
  'audit-root-unreadable': {
    status: 403,
    retryable: false,
    what: 'The folder {path} cannot be read: {reason}',
    why: 'The user that runs the audit has no right to list it.',
    remedy: 'Give that user the right to read, or audit a copy.',
  },
  'audit-nothing-to-read': {
    status: 422,
    retryable: false,
    what: 'No source file was analysed in {path}: {seen} seen, {skipped} skipped.',
    why: 'An audit that saw nothing must not look like one that found nothing. {reason}',
    remedy: 'Give the folder that holds the Python, TypeScript or JavaScript code, or loosen `exclude` and .gitignore.',
  },
  'audit-unknown-rule': {
    status: 400,
    retryable: false,
    what: 'There is no rule {rule}.',
    why: 'Rules are named decision/name.',
    remedy: '{hint}',
  },
  'audit-baseline-unreadable': {
    status: 422,
    retryable: false,
    what: '{file} is no baseline of Footing.',
    why: 'It was cut short, merged badly, or written by another tool.',
    remedy: 'Restore it from version control, or delete it and run `footing audit --update-baseline`.',
  },
  'audit-settings-wrong': {
    status: 422,
    retryable: false,
    what: '{file}: {problem}',
    why: 'A setting that is not understood would be ignored, and the audit would judge by other rules than yours.',
    remedy: '{remedy}',
  },
  'audit-option-wrong': {
    status: 400,
    retryable: false,
    what: '{problem}',
    why: 'A gate that guesses what was meant is no gate.',
    remedy: '{remedy}',
  },
})
