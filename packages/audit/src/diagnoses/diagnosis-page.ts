// The page of a diagnosis: read on demand.
import { existsSync, readFileSync } from 'node:fs'
import type { DiagnosisId } from '../diagnosis/diagnosis.ts'
import { diagnoses } from './catalogue.ts'

/** A diagnosis as `--explain` shows it. */
export interface DiagnosisDescription {
  readonly id: DiagnosisId
  readonly summary: string
  /** The page in Markdown. */
  readonly page: string
}

/** The diagnoses of the catalogue with their pages, by id. */
export function describeDiagnoses(): DiagnosisDescription[] {
  return diagnoses
    .map(({ id, summary }) => ({ id, summary, page: diagnosisPage(id) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}

function diagnosisPage(id: DiagnosisId): string {
  // The pages are published as sources: src/diagnoses beside dist/diagnoses.
  const file = new URL(`../../src/diagnoses/${id}.md`, import.meta.url)
  return existsSync(file) ? readFileSync(file, 'utf8') : `# ${id}\n`
}
