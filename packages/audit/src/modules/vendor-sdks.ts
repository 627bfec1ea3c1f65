// Packages that are a vendor's or a server's own client: data, each with the name that people give it.

/** npm packages by what they speak to; a `*` at the end stands for the rest of a name. */
const VENDOR_SDKS: Readonly<Record<string, string>> = {
  'aws-sdk': 'AWS',
  '@aws-sdk/*': 'AWS',
  '@smithy/*': 'AWS',
  '@google-cloud/*': 'Google Cloud',
  googleapis: 'Google APIs',
  'firebase-admin': 'Firebase',
  '@azure/*': 'Azure',
  minio: 'MinIO',
  '@supabase/*': 'Supabase',
  stripe: 'Stripe',
  braintree: 'Braintree',
  '@paypal/*': 'PayPal',
  '@adyen/*': 'Adyen',
  '@mollie/*': 'Mollie',
  '@sendgrid/*': 'SendGrid',
  resend: 'Resend',
  postmark: 'Postmark',
  mailgun: 'Mailgun',
  'mailgun.js': 'Mailgun',
  '@mailchimp/*': 'Mailchimp',
  nodemailer: 'SMTP (nodemailer)',
  twilio: 'Twilio',
  '@slack/*': 'Slack',
  'discord.js': 'Discord',
  openai: 'OpenAI',
  '@anthropic-ai/*': 'Anthropic',
  cohere: 'Cohere',
  'cohere-ai': 'Cohere',
  '@mistralai/*': 'Mistral',
  replicate: 'Replicate',
  '@pinecone-database/*': 'Pinecone',
  algoliasearch: 'Algolia',
  meilisearch: 'Meilisearch',
  typesense: 'Typesense',
  '@elastic/*': 'Elasticsearch',
  '@opensearch-project/*': 'OpenSearch',
  '@clickhouse/*': 'ClickHouse',
  pg: 'PostgreSQL (pg)',
  'pg-promise': 'PostgreSQL (pg-promise)',
  postgres: 'PostgreSQL (postgres)',
  mysql: 'MySQL',
  mysql2: 'MySQL',
  mongodb: 'MongoDB',
  mssql: 'SQL Server',
  redis: 'Redis (redis)',
  '@redis/*': 'Redis (redis)',
  ioredis: 'Redis (ioredis)',
  memcached: 'Memcached',
  kafkajs: 'Kafka',
  amqplib: 'RabbitMQ',
  nats: 'NATS',
  mqtt: 'MQTT',
  'launchdarkly-node-server-sdk': 'LaunchDarkly',
  '@launchdarkly/*': 'LaunchDarkly',
  '@segment/*': 'Segment',
  'posthog-node': 'PostHog',
  mixpanel: 'Mixpanel',
  intercom: 'Intercom',
  '@hubspot/*': 'HubSpot',
  '@shopify/*': 'Shopify',
  jsforce: 'Salesforce',
  auth0: 'Auth0',
  '@workos-inc/*': 'WorkOS',
  cloudinary: 'Cloudinary',
}

/** The vendor of a package, or undefined. `more` are packages that the project names itself. */
export function vendorOf(name: string, more: readonly string[]): string | undefined {
  const exact = VENDOR_SDKS[name]
  if (exact !== undefined && Object.hasOwn(VENDOR_SDKS, name)) return exact
  const slash = name.indexOf('/')
  const scope = slash > 0 ? `${name.slice(0, slash)}/*` : undefined
  if (scope !== undefined && Object.hasOwn(VENDOR_SDKS, scope)) return VENDOR_SDKS[scope]
  return more.includes(name) || (scope !== undefined && more.includes(scope)) ? name : undefined
}
