// Work that keeps a core busy, task queues, and the primitives that move work off the event loop.
import type { Library } from './library.ts'

/** CPU work, queues and offloading. */
export const work: Library = {
  name: 'work',
  functions: {
    'bcrypt.hashpw bcrypt.checkpw bcrypt.kdf': 'cpu',
    'scrypt.hash nacl.pwhash.verify': 'cpu',
    'werkzeug.security.generate_password_hash werkzeug.security.check_password_hash': 'cpu',
    'django.contrib.auth.hashers.make_password django.contrib.auth.hashers.check_password': 'cpu',
    'PIL.Image.open': 'file -> PIL.Image.Image',
    'PIL.Image.new PIL.Image.frombytes PIL.Image.fromarray': '-> PIL.Image.Image',
    'PIL.ImageOps.exif_transpose PIL.ImageOps.fit PIL.ImageOps.contain': 'cpu -> PIL.Image.Image',
    'pandas.read_csv pandas.read_excel pandas.read_json pandas.read_parquet pandas.read_html pandas.read_feather':
      'cpu -> pandas.DataFrame',
    'pandas.read_sql pandas.read_sql_query pandas.read_sql_table': 'database -> pandas.DataFrame',
    'pandas.DataFrame pandas.concat pandas.merge': '-> pandas.DataFrame',
    'openpyxl.load_workbook': 'cpu',
    'cv2.imread cv2.imwrite cv2.resize cv2.imdecode cv2.imencode': 'cpu',
    'pdf2image.convert_from_bytes pdf2image.convert_from_path pytesseract.image_to_string': 'cpu',
    'zlib.compress zlib.decompress gzip.compress gzip.decompress bz2.compress lzma.compress': 'cpu',
    'anyio.to_thread.run_sync anyio.to_process.run_sync trio.to_thread.run_sync': 'offload async -> first()',
    'starlette.concurrency.run_in_threadpool fastapi.concurrency.run_in_threadpool': 'offload async -> first()',
    'starlette.concurrency.iterate_in_threadpool fastapi.concurrency.iterate_in_threadpool': 'offload -> aiter[first]',
    'fastapi.concurrency.contextmanager_in_threadpool': 'offload -> first',
    'asyncer.asyncify': 'offload -> callable[awaitable[first()]]',
    'asyncer.syncify': '-> callable[first()]',
    'aiofiles.open anyio.open_file': '-> context[aiofiles.File]',
    'nest_asyncio.apply': '',
    'celery.shared_task celery.task': '',
    'celery.result.AsyncResult': '-> celery.result.AsyncResult',
    'tenacity.retry backoff.on_exception': '',
    'fastapi.FastAPI fastapi.applications.FastAPI': '-> fastapi.FastAPI',
    'flask.current_app flask.g': '',
    'fitz.open': 'cpu',
    'magic.from_buffer magic.from_file': '',
    'yaml.safe_load yaml.load json.load': '',
  },
  classes: {
    'passlib.context.CryptContext': { does: { 'hash verify encrypt verify_and_update': 'cpu' } },
    'argon2.PasswordHasher': { does: { 'hash verify': 'cpu' } },
    'pwdlib.PasswordHash': { does: { 'hash verify verify_and_update': 'cpu', recommended: '-> made' } },
    'PIL.Image.Image': {
      does: {
        'resize thumbnail convert filter rotate crop transpose quantize': 'cpu -> self',
        save: 'cpu',
        copy: '-> self',
        __enter__: '-> self',
      },
    },
    'pandas.DataFrame': {
      also: 'pandas.core.frame.DataFrame',
      does: {
        'to_csv to_excel to_parquet to_json': 'cpu',
        to_sql: 'database',
        'merge groupby pivot_table apply sort_values drop_duplicates': 'cpu-step -> self',
      },
    },
    'pandas.ExcelWriter': { does: { __enter__: '-> self' } },
    'celery.result.AsyncResult': { does: { get: 'wait', 'ready successful failed': 'network' } },
    'celery.canvas.Signature': { does: { 'delay apply_async': 'enqueue -> celery.result.AsyncResult' } },
    'rq.Queue': { also: 'rq.queue.Queue', does: { 'enqueue enqueue_call enqueue_in enqueue_at': 'enqueue' } },
    'kafka.KafkaProducer': { does: { send: '', flush: 'network' } },
    'kafka.KafkaConsumer': { does: { poll: 'network', __iter__: 'network' } },
    'confluent_kafka.Producer': { does: { flush: 'network', 'produce poll': '' } },
    'confluent_kafka.Consumer': { does: { 'poll consume commit': 'network' } },
    'aiokafka.AIOKafkaProducer': { does: { 'send send_and_wait start stop flush': 'async' } },
    'pika.BlockingConnection': { does: { __init__: 'network', channel: '-> pika.Channel' } },
    'pika.Channel': { does: { 'basic_publish queue_declare exchange_declare start_consuming basic_get': 'network' } },
    'aiofiles.File': { does: { 'read write readlines readline': 'async', __aenter__: '-> self' } },
    'starlette.datastructures.UploadFile': {
      also: 'fastapi.UploadFile fastapi.datastructures.UploadFile',
      does: { 'read write seek close': 'async' },
      has: { file: 'tempfile.File', filename: 'builtins.str' },
    },
    'starlette.requests.Request': {
      also: 'fastapi.Request fastapi.requests.Request starlette.requests.HTTPConnection fastapi.requests.HTTPConnection',
      does: { 'json body form stream': 'async' },
      has: { state: 'starlette.datastructures.State', app: 'fastapi.FastAPI', session: 'builtins.dict' },
    },
    'fastapi.FastAPI': {
      also: 'fastapi.applications.FastAPI starlette.applications.Starlette',
      has: { state: 'starlette.datastructures.State' },
    },
    'starlette.websockets.WebSocket': {
      also: 'fastapi.WebSocket fastapi.websockets.WebSocket',
      does: {
        'accept receive receive_text receive_json receive_bytes send_text send_json send_bytes close send': 'async',
      },
      has: { state: 'starlette.datastructures.State', app: 'fastapi.FastAPI' },
    },
    'starlette.background.BackgroundTasks': {
      also: 'fastapi.BackgroundTasks fastapi.background.BackgroundTasks',
      does: { add_task: 'offload' },
    },
  },
}
