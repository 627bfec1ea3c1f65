// HTTP clients: requests, httpx, urllib3, aiohttp and their kin.
import type { Library } from './library.ts'

const verbs = 'get post put patch delete head options request'

/** HTTP clients, sync and async. */
export const httpClients: Library = {
  name: 'http-clients',
  functions: {
    [verbs
      .split(' ')
      .flatMap((v) => [`requests.${v}`, `requests.api.${v}`])
      .join(' ')]: 'network -> requests.Response',
    'requests.session requests.sessions.session': '-> requests.Session',
    [verbs
      .split(' ')
      .map((v) => `httpx.${v}`)
      .join(' ')]: 'network -> httpx.Response',
    'httpx.stream': '-> context[httpx.Response]',
    'urllib3.request': 'network',
    'niquests.get niquests.post niquests.put niquests.delete niquests.request niquests.patch': 'network',
    'aiohttp.request': '-> context[aiohttp.ClientResponse]',
    'cloudscraper.create_scraper': '-> requests.Session',
    'feedparser.parse': 'network',
  },
  classes: {
    'requests.Session': {
      also: 'requests.sessions.Session requests_oauthlib.OAuth2Session requests_oauthlib.OAuth1Session niquests.Session authlib.integrations.requests_client.OAuth2Session google.auth.transport.requests.AuthorizedSession requests_cache.CachedSession curl_cffi.requests.Session',
      does: {
        [`${verbs} send`]: 'network -> requests.Response',
        'fetch_token refresh_token': 'network',
        'mount close': '',
        __enter__: '-> self',
      },
    },
    'requests.Response': {
      also: 'requests.models.Response',
      does: { 'json raise_for_status': '', 'iter_content iter_lines': 'iter', __enter__: '-> self' },
    },
    'httpx.Client': {
      does: {
        [`${verbs} send`]: 'network -> httpx.Response',
        stream: '-> context[httpx.Response]',
        build_request: '',
        __enter__: '-> self',
      },
    },
    'httpx.AsyncClient': {
      also: 'authlib.integrations.httpx_client.AsyncOAuth2Client',
      does: {
        [`${verbs} send`]: 'async -> httpx.Response',
        stream: '-> context[httpx.Response]',
        aclose: 'async',
        __aenter__: '-> self',
      },
    },
    'httpx.HTTPTransport': { does: { handle_request: 'network' } },
    'httpx.AsyncHTTPTransport': { does: { handle_async_request: 'async' } },
    'httpx.Response': { does: { 'json raise_for_status read': '', 'aread aclose': 'async', __enter__: '-> self' } },
    'urllib3.PoolManager': {
      also: 'urllib3.poolmanager.PoolManager urllib3.ProxyManager urllib3.HTTPConnectionPool urllib3.HTTPSConnectionPool',
      does: { 'request urlopen request_encode_url request_encode_body': 'network' },
    },
    'aiohttp.ClientSession': {
      also: 'aiohttp.client.ClientSession',
      does: { [`${verbs} ws_connect`]: '-> context[aiohttp.ClientResponse]', close: 'async', __aenter__: '-> self' },
    },
    'aiohttp.ClientResponse': { does: { 'json text read': 'async', raise_for_status: '', __aenter__: '-> self' } },
    'httplib2.Http': { does: { request: 'network' } },
    'paramiko.SSHClient': { also: 'paramiko.client.SSHClient', does: { 'connect exec_command open_sftp': 'network' } },
    'zeep.Client': { does: { __init__: 'network' } },
    'websocket.WebSocket': { does: { 'connect send recv': 'network' } },
  },
}
