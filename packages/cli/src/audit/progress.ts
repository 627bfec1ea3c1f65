// The progress line of an audit: on stderr, only for a person, only when it takes a while.
import type { AuditProgress } from '@footing/audit'
import type { Terminal } from '../command/terminal.ts'

/** Shows progress until closed. Nothing is drawn in the first third of a second, nor when nobody watches. */
export function showProgress(terminal: Terminal): { update(progress: AuditProgress): void; close(): void } {
  if (!terminal.live) return { update: () => {}, close: () => {} }
  const started = performance.now()
  let drawn = 0
  return {
    update: ({ step, done, total }) => {
      const now = performance.now()
      if (now - started < 300 || now - drawn < 80) return
      drawn = now
      const counts =
        step === 'linking' ? 'calls and imports' : `${done} of ${total} ${step === 'reading' ? 'files' : 'rules'}`
      process.stderr.write(`\r\x1b[2K${step} ${counts}`)
    },
    close: () => {
      if (drawn > 0) process.stderr.write('\r\x1b[2K')
    },
  }
}
