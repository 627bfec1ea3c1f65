// Vendor SDKs: cloud storage, payments, mail, language models. Building a client costs little; its methods call out.
import type { Library } from './library.ts'

const s3 =
  'upload_file upload_fileobj download_file download_fileobj put_object get_object delete_object delete_objects head_object list_objects list_objects_v2 copy_object copy create_bucket head_bucket create_multipart_upload complete_multipart_upload upload_part send_message receive_message delete_message publish send_email send_raw_email invoke get_secret_value put_item get_item query scan update_item delete_item get_queue_url start_execution describe_instances assume_role get_caller_identity start_query_execution converse invoke_model put_events get_parameter get_parameters create_invalidation put_record describe_table'
const stripeKinds =
  'Customer Subscription PaymentIntent Charge Invoice Price Product Refund SetupIntent PaymentMethod Account Event Coupon InvoiceItem SubscriptionItem checkout.Session billing_portal.Session UsageRecord BalanceTransaction Transfer Payout TaxRate PromotionCode'
const stripeCalls =
  'create retrieve modify list delete cancel search confirm capture update auto_paging_iter pay finalize_invoice attach detach'

/** Vendor SDKs. Presigning is arithmetic, so it costs nothing. */
export const vendors: Library = {
  name: 'vendors',
  functions: {
    'boto3.client boto3.session.Session.client': '-> botocore.client.BaseClient',
    'boto3.resource': '-> boto3.resources.base.ServiceResource',
    'boto3.session.Session boto3.Session': '-> boto3.session.Session',
    [stripeKinds
      .split(' ')
      .flatMap((kind) => stripeCalls.split(' ').map((call) => `stripe.${kind}.${call}`))
      .join(' ')]: 'vendor',
    [stripeKinds
      .split(' ')
      .flatMap((kind) =>
        ['create', 'retrieve', 'modify', 'list', 'delete', 'cancel'].map((call) => `stripe.${kind}.${call}_async`),
      )
      .join(' ')]: 'async',
    'google.oauth2.id_token.verify_oauth2_token google.oauth2.id_token.verify_firebase_token google.oauth2.id_token.verify_token google.oauth2.id_token.fetch_id_token':
      'vendor',
    'google.auth.default': 'vendor',
    'firebase_admin.auth.verify_id_token firebase_admin.auth.get_user firebase_admin.auth.create_user firebase_admin.auth.get_user_by_email firebase_admin.messaging.send firebase_admin.messaging.send_multicast':
      'vendor',
    'resend.Emails.send resend.Contacts.create sendgrid.SendGridAPIClient.send': 'vendor',
    'litellm.completion litellm.embedding litellm.transcription litellm.image_generation litellm.text_completion':
      'vendor',
    'litellm.acompletion litellm.aembedding': 'async',
    'openai.ChatCompletion.create openai.Completion.create openai.Embedding.create openai.Audio.transcribe openai.Image.create':
      'vendor',
    'openai.ChatCompletion.acreate openai.Embedding.acreate': 'async',
    'replicate.run': 'vendor',
    'huggingface_hub.hf_hub_download huggingface_hub.snapshot_download': 'vendor',
    'googleapiclient.discovery.build': 'vendor -> googleapiclient.discovery.Resource',
    'ldap.initialize': '-> ldap.ldapobject.LDAPObject',
    'sentry_sdk.init sentry_sdk.capture_exception': '',
  },
  classes: {
    'boto3.session.Session': {
      also: 'boto3.Session',
      does: { client: '-> botocore.client.BaseClient', resource: '-> boto3.resources.base.ServiceResource' },
    },
    'botocore.client.BaseClient': {
      also: 'mypy_boto3_s3.client.S3Client mypy_boto3_s3.S3Client types_boto3_s3.S3Client mypy_boto3_sqs.SQSClient',
      does: {
        [s3]: 'vendor',
        'generate_presigned_url generate_presigned_post get_paginator get_waiter can_paginate close': '',
      },
    },
    'boto3.resources.base.ServiceResource': {
      also: 'mypy_boto3_s3.S3ServiceResource',
      does: {
        'Bucket Object Table Queue Topic': '-> boto3.resources.base.Item',
        'create_bucket get_queue_by_name create_table': 'vendor -> boto3.resources.base.Item',
      },
    },
    'boto3.resources.base.Item': {
      does: {
        'upload_file upload_fileobj download_file download_fileobj put_object put get delete copy copy_from delete_objects load put_item get_item query scan update_item delete_item send_message receive_messages publish':
          'vendor',
        Object: '-> self',
      },
    },
    'minio.Minio': {
      also: 'minio.api.Minio',
      does: {
        'put_object get_object fput_object fget_object remove_object remove_objects stat_object list_objects copy_object bucket_exists make_bucket remove_bucket list_buckets set_bucket_policy compose_object':
          'vendor',
        'presigned_get_object presigned_put_object presigned_post_policy get_presigned_url': '',
      },
    },
    'google.cloud.storage.Client': {
      also: 'google.cloud.storage.client.Client',
      does: {
        bucket: '-> google.cloud.storage.Bucket',
        get_bucket: 'vendor -> google.cloud.storage.Bucket',
        'list_blobs list_buckets create_bucket': 'vendor',
      },
    },
    'google.cloud.storage.Bucket': {
      also: 'google.cloud.storage.bucket.Bucket',
      does: {
        blob: '-> google.cloud.storage.Blob',
        'get_blob list_blobs delete_blob copy_blob exists reload': 'vendor -> google.cloud.storage.Blob',
      },
    },
    'google.cloud.storage.Blob': {
      also: 'google.cloud.storage.blob.Blob',
      does: {
        'upload_from_string upload_from_file upload_from_filename download_as_bytes download_as_string download_as_text download_to_file download_to_filename delete exists reload make_public patch rewrite':
          'vendor',
        generate_signed_url: '',
      },
    },
    'google.cloud.pubsub_v1.PublisherClient': { does: { publish: '' } },
    'google.cloud.bigquery.Client': {
      does: { 'query insert_rows_json load_table_from_file get_table create_table list_rows': 'vendor' },
    },
    'google.cloud.secretmanager.SecretManagerServiceClient': {
      does: { 'access_secret_version create_secret add_secret_version': 'vendor' },
    },
    'google.cloud.firestore.Client': { does: { 'collection document': '-> google.cloud.firestore.Reference' } },
    'google.cloud.firestore.Reference': {
      does: { 'document collection where order_by limit': '-> self', 'get set update delete add stream': 'vendor' },
    },
    'googleapiclient.discovery.Resource': {
      does: { execute: 'vendor', __getattr__: '-> googleapiclient.discovery.Call' },
    },
    'googleapiclient.discovery.Call': { does: { __call__: '-> googleapiclient.discovery.Resource' } },
    'azure.storage.blob.BlobServiceClient': {
      does: {
        get_blob_client: '-> azure.storage.blob.BlobClient',
        get_container_client: '-> azure.storage.blob.ContainerClient',
        from_connection_string: '-> made',
      },
    },
    'azure.storage.blob.BlobClient': {
      does: { 'upload_blob download_blob delete_blob exists get_blob_properties': 'vendor' },
    },
    'azure.storage.blob.ContainerClient': {
      does: {
        'upload_blob download_blob delete_blob list_blobs create_container exists': 'vendor',
        get_blob_client: '-> azure.storage.blob.BlobClient',
      },
    },
    'openai.OpenAI': {
      also: 'openai.AzureOpenAI openai.lib.azure.AzureOpenAI groq.Groq mistralai.Mistral openai.Client',
      has: {
        'chat completions embeddings images audio transcriptions translations speech moderations files responses models beta threads runs messages assistants batches fine_tuning jobs vector_stores parse with_raw_response':
          'openai.Resource',
      },
    },
    'openai.Resource': {
      does: {
        'create parse list retrieve delete generate edit content update stream create_and_poll with_streaming_response':
          'vendor',
      },
      has: {
        'chat completions embeddings images audio transcriptions translations speech moderations files responses beta threads runs messages assistants jobs with_raw_response':
          'openai.Resource',
      },
    },
    'anthropic.Anthropic': {
      also: 'anthropic.AnthropicVertex anthropic.AnthropicBedrock anthropic.Client',
      has: { 'messages completions beta models batches': 'openai.Resource' },
    },
    'openai.AsyncOpenAI': {
      also: 'openai.AsyncAzureOpenAI anthropic.AsyncAnthropic groq.AsyncGroq',
    },
    'cohere.Client': { does: { 'chat embed rerank generate': 'vendor' } },
    'google.genai.models.Models': {
      does: { 'generate_content embed_content generate_content_stream count_tokens generate_images': 'vendor' },
    },
    'google.genai.Client': {
      also: 'google.genai.client.Client',
      has: { models: 'google.genai.models.Models', aio: 'google.genai.client.AsyncClient' },
    },
    'google.generativeai.GenerativeModel': { does: { generate_content: 'vendor', generate_content_async: 'async' } },
    'slack_sdk.WebClient': {
      also: 'slack_sdk.web.client.WebClient slack_sdk.web.WebClient slack.WebClient',
      does: {
        'chat_postMessage chat_update chat_delete users_info users_list conversations_list conversations_info conversations_create conversations_invite conversations_join files_upload files_upload_v2 views_open views_update views_publish auth_test api_call reactions_add users_lookupByEmail chat_postEphemeral conversations_members conversations_history conversations_replies':
          'vendor',
      },
    },
    'twilio.rest.Client': { has: { 'messages calls verify': 'twilio.rest.Resource' } },
    'twilio.rest.Resource': { does: { create: 'vendor' } },
    'sendgrid.SendGridAPIClient': { does: { send: 'vendor' } },
    'algoliasearch.search_client.SearchClient': { does: { init_index: '-> algoliasearch.search_index.SearchIndex' } },
    'algoliasearch.search_index.SearchIndex': { does: { 'save_object save_objects search delete_object': 'vendor' } },
    'meilisearch.Client': { does: { 'index get_index create_index': 'vendor' } },
    'pinecone.Pinecone': {
      does: { 'list_indexes create_index delete_index describe_index': 'vendor', Index: '-> pinecone.Index' },
    },
    'pinecone.Index': { does: { 'upsert query delete fetch update': 'vendor' } },
    'qdrant_client.QdrantClient': {
      does: {
        'search upsert query_points scroll delete retrieve create_collection get_collections get_collection recreate_collection':
          'vendor',
      },
    },
    'weaviate.Client': {},
    'github.Github': { does: { 'get_repo get_user get_organization search_repositories': 'vendor' } },
    'ldap.ldapobject.LDAPObject': {
      also: 'ldap.ldapobject.SimpleLDAPObject',
      does: { 'simple_bind_s search_s bind_s search_ext_s unbind_s start_tls_s whoami_s': 'network' },
    },
    'ldap3.Connection': { does: { 'bind search rebind': 'network' } },
    'docker.DockerClient': { has: { 'containers images volumes networks': 'docker.Resource' } },
    'docker.Resource': { does: { 'run get list create pull build prune': 'vendor' } },
    'hvac.Client': {},
    'kubernetes.client.CoreV1Api': {
      also: 'kubernetes.client.AppsV1Api kubernetes.client.BatchV1Api kubernetes.client.CustomObjectsApi',
      does: {
        'list_namespaced_pod list_pod_for_all_namespaces create_namespaced_pod delete_namespaced_pod read_namespaced_pod read_namespaced_pod_log create_namespaced_job delete_namespaced_job read_namespaced_job list_namespaced_job create_namespaced_secret read_namespaced_secret':
          'vendor',
      },
    },
  },
}
