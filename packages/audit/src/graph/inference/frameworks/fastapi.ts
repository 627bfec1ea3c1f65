// FastAPI and Starlette: dependencies by a call in the parameter's place, and state that anybody hangs on the application.
import type { Framework } from './framework.ts'

export const fastapi: Framework = {
  providers: [
    'fastapi.Depends',
    'fastapi.Security',
    'fastapi.params.Depends',
    'fastapi.params.Security',
    'fastapi.param_functions.Depends',
    'fastapi.param_functions.Security',
    'fast_depends.Depends',
  ],
  store: { type: 'starlette.datastructures.State', attribute: 'state' },
}
