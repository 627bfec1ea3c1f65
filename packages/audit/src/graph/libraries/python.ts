// Python's own library: the calls that wait, and the types that lead to them.
import type { Library } from './library.ts'

const pathReads = 'open read_text read_bytes write_text write_bytes'
const pathStats =
  'exists is_file is_dir mkdir rmdir unlink touch stat lstat rename replace symlink_to chmod resolve samefile'

/** Standard library. `asyncio` counterparts are listed as async so that they are never mistaken for the sync ones. */
export const python: Library = {
  name: 'python',
  functions: {
    'builtins.open io.open': 'file -> io.TextIOWrapper',
    'builtins.input': 'wait',
    'codecs.open tarfile.open gzip.open bz2.open lzma.open shelve.open dbm.open': 'file -> io.TextIOWrapper',
    'time.sleep': 'sleep',
    'os.system os.popen os.wait os.waitpid os.spawnl os.spawnv os.spawnvp': 'process',
    'os.walk os.listdir os.scandir glob.glob glob.iglob': 'stat',
    'os.remove os.unlink os.rename os.replace os.mkdir os.makedirs os.rmdir os.removedirs os.stat os.chmod os.chown os.link os.symlink os.truncate os.path.exists os.path.isfile os.path.isdir os.path.getsize os.path.getmtime':
      'stat',
    'os.fsync os.sync os.read os.write os.open os.sendfile': 'file',
    'subprocess.run subprocess.call subprocess.check_call subprocess.check_output subprocess.getoutput subprocess.getstatusoutput':
      'process',
    // Starting does not wait; `wait` and `communicate` do.
    'subprocess.Popen': '-> subprocess.Popen',
    'asyncio.create_subprocess_exec asyncio.create_subprocess_shell': 'async -> asyncio.subprocess.Process',
    'socket.gethostbyname socket.gethostbyname_ex socket.gethostbyaddr socket.getaddrinfo socket.getfqdn socket.getnameinfo':
      'dns',
    'socket.create_connection': 'network -> socket.socket',
    'urllib.request.urlopen urllib.request.urlretrieve': 'network -> http.client.HTTPResponse',
    'urllib.request.build_opener': '-> urllib.request.OpenerDirector',
    'shutil.copy shutil.copy2 shutil.copyfile shutil.copyfileobj shutil.copytree shutil.move shutil.rmtree shutil.make_archive shutil.unpack_archive':
      'file',
    'shutil.which shutil.disk_usage': 'stat',
    'tempfile.mkstemp tempfile.mkdtemp': 'stat',
    'tempfile.TemporaryFile tempfile.NamedTemporaryFile tempfile.SpooledTemporaryFile': 'stat -> tempfile.File',
    'tempfile.TemporaryDirectory': 'stat -> tempfile.TemporaryDirectory',
    'hashlib.pbkdf2_hmac hashlib.scrypt': 'cpu',
    'sqlite3.connect': 'database -> sqlite3.Connection',
    'asyncio.sleep asyncio.wait_for asyncio.gather asyncio.wait asyncio.open_connection asyncio.start_server asyncio.shield':
      'async',
    'asyncio.to_thread': 'offload async -> first()',
    'asyncio.create_task asyncio.ensure_future': '-> awaitable[first]',
    'asyncio.get_event_loop asyncio.get_running_loop asyncio.new_event_loop': '-> asyncio.AbstractEventLoop',
    'asyncio.run': 'wait -> first',
    'functools.wraps functools.update_wrapper': '-> first',
    'copy.copy copy.deepcopy': '-> first',
    'contextlib.closing': '-> context[first]',
    'contextlib.nullcontext': '-> context[first]',
    'concurrent.futures.ThreadPoolExecutor concurrent.futures.ProcessPoolExecutor concurrent.futures.thread.ThreadPoolExecutor concurrent.futures.process.ProcessPoolExecutor':
      '-> concurrent.futures.Executor',
    'os.getenv os.environ.get os.path.join os.path.basename os.path.dirname os.path.abspath os.fspath':
      '-> builtins.str',
    'pathlib.Path.cwd pathlib.Path.home': '-> pathlib.Path',
    'importlib.import_module': '',
  },
  classes: {
    'pathlib.Path': {
      also: 'pathlib.PosixPath pathlib.WindowsPath',
      does: {
        open: 'file -> io.TextIOWrapper',
        [pathReads.replace('open ', '')]: 'file',
        [pathStats.replace(' resolve', '')]: 'stat',
        'iterdir glob rglob walk': '-> iter[pathlib.Path]',
        'joinpath with_suffix with_name with_stem expanduser absolute resolve relative_to': '-> pathlib.Path',
        __truediv__: '-> pathlib.Path',
      },
      has: { parent: 'pathlib.Path', 'name stem suffix': 'builtins.str', parents: 'list[pathlib.Path]' },
    },
    'io.TextIOWrapper': {
      also: 'io.BufferedReader io.BufferedWriter io.FileIO io.IOBase typing.TextIO typing.BinaryIO typing.IO tempfile.File',
      does: { 'read write readline readlines writelines': 'file-step', __iter__: 'file-step', __enter__: '-> self' },
    },
    'io.BytesIO': { also: 'io.StringIO', does: { __enter__: '-> self' } },
    'tempfile.TemporaryDirectory': { does: { __enter__: '-> builtins.str', cleanup: 'stat' } },
    'subprocess.Popen': {
      does: { 'wait communicate': 'process', 'poll kill terminate send_signal': '', __enter__: '-> self' },
    },
    'asyncio.subprocess.Process': { does: { 'wait communicate': 'async' } },
    'asyncio.AbstractEventLoop': {
      also: 'asyncio.events.AbstractEventLoop asyncio.BaseEventLoop',
      does: {
        run_in_executor: 'offload async',
        'getaddrinfo getnameinfo create_connection create_server sock_recv sock_sendall': 'async',
        'run_until_complete run_forever': 'wait',
        create_task: '-> awaitable[first]',
        'call_soon call_later call_at call_soon_threadsafe': '',
      },
    },
    'asyncio.Lock': {
      also: 'asyncio.Semaphore asyncio.BoundedSemaphore asyncio.Condition',
      does: { acquire: 'async', __aenter__: '-> self' },
    },
    'asyncio.Queue': { does: { 'get put join': 'async' } },
    'asyncio.Event': { does: { wait: 'async' } },
    'threading.Event': { does: { wait: 'wait' } },
    'threading.Thread': { also: 'multiprocessing.Process', does: { join: 'wait', start: '' } },
    'queue.Queue': {
      also: 'queue.SimpleQueue queue.LifoQueue queue.PriorityQueue multiprocessing.Queue',
      does: { 'get put': 'wait' },
    },
    'concurrent.futures.Executor': {
      does: { submit: 'offload -> concurrent.futures.Future', map: 'offload', __enter__: '-> self', shutdown: 'wait' },
    },
    'concurrent.futures.Future': { does: { 'result exception': 'wait' } },
    'socket.socket': {
      does: {
        'connect connect_ex recv recvfrom recv_into send sendall sendto accept makefile': 'network',
        __enter__: '-> self',
      },
    },
    'smtplib.SMTP': {
      also: 'smtplib.SMTP_SSL smtplib.LMTP',
      does: {
        __init__: 'network',
        'sendmail send_message login starttls connect ehlo helo quit noop': 'network',
        __enter__: '-> self',
      },
    },
    'imaplib.IMAP4': {
      also: 'imaplib.IMAP4_SSL',
      does: { __init__: 'network', 'login select search fetch store logout append': 'network' },
    },
    'poplib.POP3': { also: 'poplib.POP3_SSL', does: { __init__: 'network', 'retr list dele quit': 'network' } },
    'ftplib.FTP': {
      also: 'ftplib.FTP_TLS',
      does: { __init__: 'network', 'login retrbinary storbinary nlst cwd quit': 'network', __enter__: '-> self' },
    },
    'http.client.HTTPConnection': {
      also: 'http.client.HTTPSConnection',
      does: { 'connect request': 'network', getresponse: 'network -> http.client.HTTPResponse' },
    },
    'http.client.HTTPResponse': { does: { read: 'network', __enter__: '-> self' } },
    'urllib.request.OpenerDirector': { does: { open: 'network -> http.client.HTTPResponse' } },
    'xmlrpc.client.ServerProxy': {},
    'zipfile.ZipFile': {
      does: {
        __init__: 'file',
        'extractall extract write writestr testzip': 'file',
        'open read': 'file -> io.TextIOWrapper',
        __enter__: '-> self',
      },
    },
    'tarfile.TarFile': { does: { 'extractall extract add addfile': 'file', __enter__: '-> self' } },
    'sqlite3.Connection': {
      does: {
        'execute executemany executescript': 'database -> sqlite3.Cursor',
        'commit rollback backup': 'database',
        cursor: '-> sqlite3.Cursor',
        __enter__: '-> self',
      },
    },
    'sqlite3.Cursor': {
      does: { 'execute executemany executescript': 'database -> self', 'fetchone fetchall fetchmany': 'database' },
    },
    'contextlib.ExitStack': { does: { enter_context: '-> first', __enter__: '-> self' } },
    'contextlib.AsyncExitStack': {
      does: { enter_context: '-> first', enter_async_context: 'async -> first', __aenter__: '-> self' },
    },
  },
}
