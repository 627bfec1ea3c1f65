// What every store of events must do, as cases that a test suite of any kind can run: those of this project do, and yours may.
import { answerCases } from './answer-cases.ts'
import type { AnalyticsCase } from './conformance-case.ts'
import { storingCases } from './storing-cases.ts'

export type { AnalyticsCase, AnalyticsHarness } from './conformance-case.ts'

/** All cases. What a store does not guarantee must be refused, so no case is ever skipped. */
export const analyticsConformance: readonly AnalyticsCase[] = [...answerCases, ...storingCases]
