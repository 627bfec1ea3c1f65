// Where code that serves keeps what outlives a process: job queues, shared caches, object storage, by the libraries that it loads.
import { counted, listed } from '../detection/words.ts'
import type { RuleContext } from '../rule/rule.ts'
import { servedCode } from './served-code.ts'

const STORES: readonly (readonly [what: string, libraries: RegExp])[] = [
  [
    'jobs go to a queue',
    /^(?:celery|rq|django_rq|flask_rq2|dramatiq|huey|arq|taskiq|procrastinate|temporalio|bullmq|bull|bee-queue|pg-boss|graphile-worker|@temporalio\/client|inngest|kafkajs|amqplib|pika|aio_pika|aiokafka|faststream)$/,
  ],
  [
    'what processes share is in Redis',
    /^(?:redis|aioredis|django_redis|ioredis|valkey|iovalkey|memcache|pymemcache|memjs)$/,
  ],
  [
    'files go to object storage',
    /^(?:boto3|aioboto3|aiobotocore|storages|minio|@aws-sdk\/client-s3|@google-cloud\/storage|@azure\/storage-blob)$/,
  ],
]

/** What is kept outside of the process, in words, with the number of files that do it; undefined for nothing. */
export function keptOutside(context: RuleContext): string | undefined {
  const files = STORES.map(() => 0)
  for (const module of servedCode(context)) {
    const externals = [...context.program.imports.externalsOf(module).keys()]
    for (const [at, [, libraries]] of STORES.entries())
      if (externals.some((name) => libraries.test(name))) files[at]! += 1
  }
  const seen = STORES.flatMap(([what], at) => (files[at]! > 0 ? [`${what} (${counted(files[at]!, 'file')})`] : []))
  return seen.length === 0 ? undefined : listed(seen)
}
