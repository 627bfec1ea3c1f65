// data/raw-sql-outside-data-layer: SQL text in views, serializers and tasks, where nobody looks for it when a table changes.
import type { Rule } from '../../rule/rule.ts'
import { python } from './raw-sql-outside-data-layer.python.ts'
import { typescript } from './raw-sql-outside-data-layer.typescript.ts'

export const rule: Rule = {
  id: 'data/raw-sql-outside-data-layer',
  decision: 'data',
  severity: 'low',
  effort: { minutes: 25, per: 'site' },
  trial: false,
  summary: 'A view, controller, serializer or task holds SQL text that belongs in the data layer.',
  assures: { says: 'SQL stands in the data layer', from: 20 },
  judges: { python, typescript },
}
