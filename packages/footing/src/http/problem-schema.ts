// The built-in error answer as JSON Schema.
import type { JsonSchema } from '../module/schema.ts'

const text = { type: 'string' }

/** Problem details (RFC 9457) as Footing writes them. */
export const problemSchema: JsonSchema = {
  type: 'object',
  description: 'Problem details (RFC 9457).',
  properties: {
    type: { ...text, description: 'URN of the error code.' },
    title: { ...text, description: 'What is wrong.' },
    status: { type: 'integer' },
    detail: { ...text, description: 'Why, and what to do.' },
    instance: { ...text, description: 'Path of the request.' },
    code: { ...text, description: 'Word code; it never changes its meaning.' },
    requestId: { ...text, description: 'The log has more under this id.' },
    retryable: { type: 'boolean', description: 'True when the same request may succeed later.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { pointer: { ...text, description: 'JSON Pointer to the fault.' }, message: text },
        required: ['pointer', 'message'],
      },
    },
  },
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'requestId', 'retryable'],
}
