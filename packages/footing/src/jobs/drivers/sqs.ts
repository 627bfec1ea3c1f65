// Jobs in Amazon SQS, by sqs-consumer: a queue for each job and one beside it for what failed for good.
import { randomUUID } from 'node:crypto'
import type { Message, SQSClient } from '@aws-sdk/client-sqs'
import type { Consumer } from 'sqs-consumer'
import type {
  AddedJob,
  Backoff,
  DriverReports,
  JobDriver,
  JobQueue,
  NewJob,
  QueueSample,
} from '../contract/contract.ts'
import type { JobBody } from '../contract/envelope.ts'
import { jobError } from '../contract/errors.ts'
import type { JobGuarantees } from '../contract/guarantees.ts'
import { readSqsTarget, type SqsTarget } from './sqs-target.ts'

/** What the driver promises. */
export const sqsGuarantees: JobGuarantees = {
  durable: 'replicated',
  transactional: false,
  delivery: 'at-least-once',
  fencedSettle: false,
  deduplicated: false,
  delayed: 900,
  delayClock: 'store',
  prioritised: false,
  globalConcurrency: false,
  rateLimited: false,
  keyed: false,
  cancel: false,
  progress: false,
  deadLetters: true,
  replay: true,
  flow: false,
  orphanSeconds: 15,
  // The limit of SQS counts attributes too.
  maxPayloadBytes: 250_000,
  bounded: false,
  needsSessionConnection: false,
  ordered: false,
}

/** Seconds for which a received message is hidden, made longer while its handler runs. */
const hiddenSeconds = 10
const beatSeconds = 3
const longestHiddenSeconds = 43_200
const mostAtOnce = 10
const pollSeconds = 5

/** A job as a message: the envelope, and what SQS forgets when a message is sent again. */
interface StoredMessage {
  readonly id: string
  readonly added: number
  /** Attempts that were begun under messages before this one. */
  readonly begun: number
  readonly body: JobBody
}

/**
 * Opens it.
 * @throws `jobs-driver-missing`, `jobs-url-invalid`
 */
export async function sqsDriver(url: string, env: Readonly<Record<string, string | undefined>>): Promise<JobDriver> {
  return openSqs(url, env)
}

/**
 * The same with what only an operator asks for.
 * @throws `jobs-driver-missing`, `jobs-url-invalid`
 */
export async function openSqs(url: string, env: Readonly<Record<string, string | undefined>>): Promise<SqsDriver> {
  const target = readSqsTarget(url, env)
  const sdk = await import('@aws-sdk/client-sqs').catch((cause: unknown) => missing('@aws-sdk/client-sqs', cause))
  const consumer = await import('sqs-consumer').catch((cause: unknown) => missing('sqs-consumer', cause))
  const client = new sdk.SQSClient({
    region: target.region,
    ...(target.endpoint === undefined ? {} : { endpoint: target.endpoint }),
    ...(target.credentials === undefined ? {} : { credentials: target.credentials }),
    maxAttempts: 3,
  })
  return new SqsDriver(sdk, consumer, client, target)
}

function missing(name: string, cause: unknown): never {
  throw jobError('jobs-driver-missing', { package: name, scheme: 'sqs' }, cause)
}

type Sdk = typeof import('@aws-sdk/client-sqs')

class SqsDriver implements JobDriver {
  readonly guarantees = sqsGuarantees
  readonly #sdk: Sdk
  readonly #library: typeof import('sqs-consumer')
  readonly #client: SQSClient
  readonly #target: SqsTarget
  readonly #urls = new Map<string, Promise<string>>()
  readonly #consumers: Consumer[] = []
  /** How long a failed message is hidden, by its id. */
  readonly #hide = new Map<string, number>()
  readonly #running = new Set<Promise<unknown>>()
  #reports: DriverReports | undefined

  constructor(sdk: Sdk, library: typeof import('sqs-consumer'), client: SQSClient, target: SqsTarget) {
    this.#sdk = sdk
    this.#library = library
    this.#client = client
    this.#target = target
  }

  async declare(queues: readonly JobQueue[]): Promise<void> {
    for (const queue of queues) await answered('declare', () => this.#ensure(queue))
  }

  async #ensure({ name, attempts }: JobQueue): Promise<void> {
    const { CreateQueueCommand, GetQueueAttributesCommand, SetQueueAttributesCommand } = this.#sdk
    const create = async (queue: string) => {
      const { QueueUrl = '' } = await this.#client.send(new CreateQueueCommand({ QueueName: queue }))
      return QueueUrl
    }
    const longest = String(14 * 24 * 3600)
    const dead = await create(this.#nameOf(name, true))
    const { Attributes } = await this.#client.send(
      new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }),
    )
    const live = await create(this.#nameOf(name, false))
    this.#urls.set(this.#nameOf(name, true), Promise.resolve(dead))
    this.#urls.set(this.#nameOf(name, false), Promise.resolve(live))
    await this.#client.send(
      new SetQueueAttributesCommand({ QueueUrl: dead, Attributes: { MessageRetentionPeriod: longest } }),
    )
    await this.#client.send(
      new SetQueueAttributesCommand({
        QueueUrl: live,
        Attributes: {
          MessageRetentionPeriod: longest,
          VisibilityTimeout: String(hiddenSeconds),
          // What kills its process is put aside by SQS itself: a message counts how often it was received.
          RedrivePolicy: JSON.stringify({
            deadLetterTargetArn: Attributes?.QueueArn,
            maxReceiveCount: String(attempts),
          }),
        },
      }),
    )
  }

  async add(jobs: readonly NewJob[]): Promise<readonly AddedJob[]> {
    const added = jobs.map((job) => ({ job, id: randomUUID() }))
    for (const [queue, ones] of Map.groupBy(added, ({ job }) => job.queue)) {
      const url = await this.#urlOf(queue.name, false)
      for (let at = 0; at < ones.length; at += mostAtOnce) {
        await answered('add', () => this.#send(url, ones.slice(at, at + mostAtOnce)))
      }
    }
    return added.map(({ id }) => ({ id, duplicate: false }))
  }

  async #send(url: string, jobs: readonly { readonly job: NewJob; readonly id: string }[]): Promise<void> {
    const entries = jobs.map(({ job, id }, index) => ({
      Id: String(index),
      MessageBody: textOf({ id, added: Date.now(), begun: 0, body: job.body } satisfies StoredMessage),
      DelaySeconds: delayOf(job),
    }))
    // A batch may not be larger than one message may be.
    const together = entries.reduce((sum, { MessageBody }) => sum + Buffer.byteLength(MessageBody), 0)
    const [half, rest] = [jobs.slice(0, Math.ceil(jobs.length / 2)), jobs.slice(Math.ceil(jobs.length / 2))]
    if (together > sqsGuarantees.maxPayloadBytes && rest.length > 0) {
      await this.#send(url, half)
      return this.#send(url, rest)
    }
    const { Failed = [] } = await this.#client.send(
      new this.#sdk.SendMessageBatchCommand({ QueueUrl: url, Entries: entries }),
    )
    const [failed] = Failed
    if (failed !== undefined) throw new Error(`${Failed.length} of ${jobs.length} were refused: ${failed.Message}`)
  }

  cancel(queue: JobQueue): Promise<boolean> {
    return Promise.reject(jobError('job-unsupported', { job: queue.name, guarantee: 'cancel', driver: 'sqs' }))
  }

  work(...[queues, take, reports]: Parameters<JobDriver['work']>): void {
    this.#reports = reports
    for (const queue of queues) {
      const batchSize = Math.min(mostAtOnce, queue.perProcess)
      const consumers = Math.ceil(queue.perProcess / batchSize)
      this.#urlOf(queue.name, false).then(
        (url) => {
          for (let one = 0; one < consumers; one += 1) this.#consume(queue, url, batchSize, take)
        },
        (error: unknown) => reports.fault('find its queue', error),
      )
    }
  }

  #consume(queue: JobQueue, url: string, batchSize: number, take: Parameters<JobDriver['work']>[1]): void {
    const consumer = this.#library.Consumer.create({
      queueUrl: url,
      sqs: this.#client,
      batchSize,
      waitTimeSeconds: pollSeconds,
      visibilityTimeout: hiddenSeconds,
      heartbeatInterval: beatSeconds,
      messageSystemAttributeNames: ['ApproximateReceiveCount'],
      terminateVisibilityTimeout: ([message]) => this.#hiddenFor(message),
      handleMessage: (message) => {
        const handled = this.#handle(queue, url, message, take)
        this.#running.add(handled)
        return handled.finally(() => this.#running.delete(handled))
      },
    })
    consumer.on('error', (error) => this.#reports?.fault('work', error))
    this.#consumers.push(consumer)
    consumer.start()
  }

  #hiddenFor(message: Message | undefined): number {
    const id = message?.MessageId ?? ''
    const seconds = this.#hide.get(id) ?? 0
    this.#hide.delete(id)
    return seconds
  }

  /** Answers with the message when it is over, throws when it is to come again. */
  async #handle(
    queue: JobQueue,
    url: string,
    message: Message,
    take: Parameters<JobDriver['work']>[1],
  ): Promise<Message> {
    const stored = readMessage(message.Body)
    const attempt = (stored?.begun ?? 0) + Number(message.Attributes?.ApproximateReceiveCount ?? 1)
    const running = take({
      id: stored?.id ?? message.MessageId ?? '',
      queue,
      body: stored?.body,
      attempt,
      attempts: queue.attempts,
      waitedMs: Math.max(0, Date.now() - (stored?.added ?? Date.now())),
      addedAt: new Date(stored?.added ?? Date.now()),
      progress: async () => undefined,
    })
    const settlement = await running.settled
    if (settlement.kind === 'done') return message
    if (settlement.kind === 'given-back') {
      // Received again it would count as an attempt; sent again, as the attempts before it.
      const again = stored === undefined ? message.Body : textOf({ ...stored, begun: attempt - 1 })
      await this.#sendOne(url, again ?? '', Math.ceil((settlement.afterMs ?? 0) / 1000))
      return message
    }
    if (settlement.final || attempt >= queue.attempts) {
      const failed = { ...stored, code: settlement.code, message: settlement.message }
      await this.#sendOne(await this.#urlOf(queue.name, true), textOf(failed), 0)
      return message
    }
    this.#hide.set(message.MessageId ?? '', Math.min(longestHiddenSeconds, waitOf(queue.backoff, attempt)))
    throw new Error(settlement.message)
  }

  async #sendOne(url: string, body: string, delay: number): Promise<void> {
    const { SendMessageCommand } = this.#sdk
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: body,
        DelaySeconds: Math.min(sqsGuarantees.delayed, delay),
      }),
    )
  }

  async rest(): Promise<void> {
    for (const consumer of this.#consumers) consumer.stop({ abort: true })
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
    // sqs-consumer deletes or shows a message after its handler; it says so when it has ended.
    await Promise.all(this.#consumers.map(stopped))
  }

  /** Names of the queues of an application that there are. */
  async names(application: string): Promise<readonly string[]> {
    const { prefix } = this.#target
    return answered('list', async () => {
      const { QueueUrls = [] } = await this.#client.send(
        new this.#sdk.ListQueuesCommand({
          QueueNamePrefix: `${prefix}${sqsName(`${application}/`)}`,
          MaxResults: 1000,
        }),
      )
      return QueueUrls.map((url) => url.slice(url.lastIndexOf('/') + 1))
        .filter((name) => !name.endsWith(deadEnding))
        .map((name) => queueName(name.slice(prefix.length)))
    })
  }

  /** Sends what failed for good again, with all its attempts; answers with how many that were. */
  async revive(queue: string): Promise<number> {
    const { ReceiveMessageCommand, DeleteMessageCommand } = this.#sdk
    return answered('retry', async () => {
      const dead = await this.#urlOf(queue, true)
      const live = await this.#urlOf(queue, false)
      for (let revived = 0; ; ) {
        const { Messages = [] } = await this.#client.send(
          new ReceiveMessageCommand({ QueueUrl: dead, MaxNumberOfMessages: mostAtOnce, VisibilityTimeout: 60 }),
        )
        if (Messages.length === 0) return revived
        for (const { Body = '', ReceiptHandle } of Messages) {
          const stored = readMessage(Body)
          // Sent before it is deleted: cut off in between it is there twice, and never not at all.
          await this.#sendOne(live, stored === undefined ? Body : textOf({ ...stored, begun: 0 }), 0)
          await this.#client.send(new DeleteMessageCommand({ QueueUrl: dead, ReceiptHandle }))
          revived += 1
        }
      }
    })
  }

  async sample(queues: readonly Pick<JobQueue, 'name'>[]): Promise<readonly QueueSample[]> {
    return answered('sample', () =>
      Promise.all(
        queues.map(async ({ name }): Promise<QueueSample> => {
          const live = await this.#countsOf(await this.#urlOf(name, false))
          const dead = await this.#countsOf(await this.#urlOf(name, true))
          return {
            queue: name,
            waiting: live.visible,
            delayed: live.delayed,
            running: live.hidden,
            failed: dead.visible + dead.hidden,
            oldestSeconds: 0,
            paused: false,
          }
        }),
      ),
    )
  }

  async #countsOf(url: string) {
    const { Attributes = {} } = await this.#client.send(
      new this.#sdk.GetQueueAttributesCommand({
        QueueUrl: url,
        AttributeNames: [
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesDelayed',
          'ApproximateNumberOfMessagesNotVisible',
        ],
      }),
    )
    return {
      visible: Number(Attributes.ApproximateNumberOfMessages ?? 0),
      delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
      hidden: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
    }
  }

  async strays(application: string, known: readonly JobQueue[]): Promise<readonly { queue: string; jobs: number }[]> {
    const names = new Set(known.map(({ name }) => name))
    const strange = (await this.names(application)).filter((name) => !names.has(name))
    const samples = await this.sample(strange.map((name) => ({ name })))
    return samples
      .map(({ queue, waiting, delayed, running }) => ({ queue, jobs: waiting + delayed + running }))
      .filter(({ jobs }) => jobs > 0)
  }

  async ping(): Promise<void> {
    await answered('ping', () =>
      this.#client.send(new this.#sdk.ListQueuesCommand({ QueueNamePrefix: this.#target.prefix, MaxResults: 1 })),
    )
  }

  async close(): Promise<void> {
    for (const consumer of this.#consumers) consumer.stop({ abort: true })
    this.#client.destroy()
  }

  #nameOf(queue: string, dead: boolean): string {
    return `${this.#target.prefix}${sqsName(queue)}${dead ? deadEnding : ''}`
  }

  #urlOf(queue: string, dead: boolean): Promise<string> {
    const name = this.#nameOf(queue, dead)
    let url = this.#urls.get(name)
    if (url === undefined) {
      url = this.#client
        .send(new this.#sdk.GetQueueUrlCommand({ QueueName: name }))
        .then(({ QueueUrl = '' }) => QueueUrl)
      this.#urls.set(name, url)
      // Asked again at the next call.
      url.catch(() => this.#urls.delete(name))
    }
    return url
  }
}

const deadEnding = '-dead'

/** SQS takes letters, digits, - and _ in a name. */
function sqsName(queue: string): string {
  return queue.replaceAll('/', '--')
}

function queueName(name: string): string {
  return name.replaceAll('--', '/')
}

/** JSON in the characters that SQS takes, which are fewer than those of JSON. */
function textOf(message: object): string {
  return JSON.stringify(message).replace(/[\u{10000}-\u{10ffff}\ufffe\uffff]/gu, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16)}`)
      .join(''),
  )
}

function delayOf({ delayMs, at }: NewJob): number {
  const ms = delayMs ?? (at === undefined ? 0 : at.getTime() - Date.now())
  return Math.max(0, Math.min(sqsGuarantees.delayed, Math.ceil(ms / 1000)))
}

function waitOf({ firstMs, mostMs }: Backoff, attempt: number): number {
  return Math.ceil(Math.min(mostMs, firstMs * 2 ** Math.min(16, attempt - 1) * (1 + Math.random())) / 1000)
}

function readMessage(text: string | undefined): StoredMessage | undefined {
  try {
    const found: unknown = JSON.parse(text ?? '')
    if (typeof found !== 'object' || found === null) return undefined
    const { id, added, begun, body } = found as Readonly<Record<string, unknown>>
    if (typeof id !== 'string' || typeof added !== 'number' || typeof begun !== 'number') return undefined
    return { id, added, begun, body: body as JobBody } // read by whoever takes the job
  } catch {
    return undefined
  }
}

function stopped(consumer: Consumer): Promise<void> {
  if (!consumer.status.isRunning && !consumer.status.isPolling) return Promise.resolve()
  return new Promise((resolve) => {
    const look = setInterval(() => {
      if (consumer.status.isPolling) return
      clearInterval(look)
      resolve()
    }, 20)
  })
}

async function answered<T>(operation: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('job')) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw jobError('jobs-store-failed', { operation, reason: reason.slice(0, 300) }, error)
  }
}
