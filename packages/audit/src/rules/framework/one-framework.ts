// What speaks for the framework: one answers the requests, and what comes in is checked against a type where routes are.
import { count } from '../../detection/words.ts'
import type { EntryPoint, ModuleId, Program } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'

/** Libraries that check what comes in, or describe it as types that are checked. */
const CONTRACTS =
  /^(?:pydantic|marshmallow|webargs|apiflask|flask_restx|flask_smorest|spectree|cerberus|voluptuous|msgspec|attrs|attr|rest_framework|drf_spectacular|graphene|strawberry|ariadne|ninja|django\.forms|wtforms|flask_wtf|jsonschema|zod|class-validator|joi|@hapi\/joi|yup|ajv|@sinclair\/typebox|valibot|superstruct|io-ts|express-validator|express-openapi-validator|celebrate|@nestjs\/graphql|type-graphql|@trpc\/server|nestjs-zod|arktype|effect|@asteasolutions\/zod-to-openapi)$/
/** Frameworks that read a route's types and refuse what does not fit. */
const TYPED = /^(?:fastapi|litestar|ninja|trpc|footing)$/i
/** From this share of the routes on one framework is the framework of the service. */
const NEARLY_ALL = 0.95
/** Fewer routes say nothing of how the others would be written. */
const FEW = 5
const MOST = 0.5
const NAMES: Readonly<Record<string, string>> = {
  fastapi: 'FastAPI',
  django: 'Django',
  flask: 'Flask',
  aiohttp: 'aiohttp',
  sanic: 'Sanic',
  litestar: 'Litestar',
  twisted: 'Twisted',
  nest: 'NestJS',
  express: 'Express',
  fastify: 'Fastify',
  koa: 'Koa',
  hono: 'Hono',
}

/** The positive half of the verdict: what was seen, or why it is not enough; `familyOf` joins frameworks that are parts of each other. */
export function oneFramework(
  context: RuleContext,
  routes: readonly EntryPoint[],
  familyOf: (framework: string) => string,
): Pick<RuleResult, 'assurance' | 'couldNotTell'> {
  if (routes.length < FEW) return {}
  const counts = new Map<string, number>()
  for (const { framework } of routes) counts.set(familyOf(framework), (counts.get(familyOf(framework)) ?? 0) + 1)
  const [main] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  if (main === undefined) return {}
  const [family, own] = main
  const name = NAMES[family] ?? family
  const answers = `${name} answers ${own === routes.length ? `all ${count(own)}` : `${count(own)} of ${count(routes.length)}`} routes`
  if (own < routes.length * NEARLY_ALL)
    return {
      couldNotTell: `${answers}, other frameworks the rest: whether that is a bridge or a second way could not be told.`,
    }
  if (TYPED.test(family)) return { assurance: `${answers} and checks what comes in by their types` }
  const files = new Set(routes.map((entry) => context.program.functionInfo(entry.function).module))
  const checked = [...files].filter((module) => isChecked(context.program, module)).length
  const share = `${count(checked)} of ${count(files.size)} files with routes`
  return checked >= files.size * MOST
    ? { assurance: `${answers}, and ${share} check what comes in` }
    : {
        couldNotTell: `${answers}. In ${share} a library was seen that checks what comes in, too few to call the contracts at the edges sound; what checks it by hand cannot be told from what does not.`,
      }
}

/** The file, or one that it imports, loads a library of contracts. */
function isChecked({ imports }: Program, module: ModuleId): boolean {
  const loads = (one: ModuleId): boolean => [...imports.externalsOf(one).keys()].some((name) => CONTRACTS.test(name))
  return loads(module) || imports.importsOf(module).some(({ to }) => loads(to))
}
