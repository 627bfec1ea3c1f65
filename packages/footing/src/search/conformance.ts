// What every driver must do, as cases that a test suite of any kind can run: those of this project do, and yours may.
import type { CaseIndex, SearchCase } from './conformance-case.ts'
import { contentCases } from './conformance-content.ts'
import { lifeCases } from './conformance-life.ts'
import { defineSearchIndex } from './contract/define-index.ts'

/** All cases. What a driver does not guarantee must be refused or come a little later, so no case is ever skipped. */
export const searchConformance: readonly SearchCase[] = [...contentCases, ...lifeCases]

/** The empty index of each case, in the order of the cases. */
export const searchCaseIndexes: readonly CaseIndex[] = searchConformance.map((_case, number) =>
  defineSearchIndex({
    name: `case_${number + 1}`,
    language: 'english',
    fields: { title: { weight: 'A', typos: true }, body: {} },
    filters: { tag: 'keyword', price: 'number', publishedAt: 'date', open: 'boolean' },
  }),
)
