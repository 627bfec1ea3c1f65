// Celery: a function that is a task has the ways to send it.
import type { Framework } from './framework.ts'

export const celery: Framework = {
  functionMembers: { owner: 'celery.canvas.Signature', names: ['delay', 'apply_async', 's', 'si'] },
}
