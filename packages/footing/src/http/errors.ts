// Every coded error of the HTTP edge.
import { defineErrors } from '@footing/kernel'

/** The closed table of the http capability. */
export const httpErrors = defineErrors({
  'malformed-request': {
    status: 400,
    retryable: false,
    what: 'The request cannot be understood: {reason}.',
    why: 'It breaks the rules of HTTP or of its encoding, so no route was asked.',
    remedy: 'Build the request with an HTTP library and encode every part of the path and the query.',
  },
  'malformed-json': {
    status: 400,
    retryable: false,
    what: 'The body is not valid JSON.',
    why: 'It ends early, holds a character that JSON does not allow, or uses a key such as __proto__.',
    remedy: 'Send what JSON.stringify makes of a plain object, in UTF-8.',
  },
  unauthenticated: {
    status: 401,
    retryable: false,
    what: 'The request does not say who sends it.',
    why: 'This route answers known users only.',
    remedy: 'Send a valid token in the Authorization header; get a new one by logging in.',
  },
  'route-missing': {
    status: 404,
    retryable: false,
    what: 'There is nothing at this path.',
    why: 'No route matches it.',
    remedy: 'Compare the path with the API description; paths tell capital from small letters.',
  },
  'method-not-allowed': {
    status: 405,
    retryable: false,
    what: 'This path does not answer {method}.',
    why: 'It answers {allowed}.',
    remedy: 'Use one of the methods in the Allow header.',
  },
  'request-timeout': {
    status: 408,
    retryable: true,
    what: 'The request did not arrive in time.',
    why: 'Its headers or its body came too slowly, and a waiting connection costs others.',
    remedy: 'Send it again over a better connection.',
  },
  'body-too-large': {
    status: 413,
    retryable: false,
    what: 'The body is larger than this route takes.',
    why: 'The limit protects the memory that all requests share.',
    remedy: 'Send less at once; raise bodyLimit of the route when large bodies are its purpose.',
  },
  'media-type-unsupported': {
    status: 415,
    retryable: false,
    what: 'The body has a content type that is not understood here.',
    why: 'Bodies are read as JSON only.',
    remedy: 'Send JSON with the header content-type: application/json.',
  },
  'headers-too-large': {
    status: 431,
    retryable: false,
    what: 'The headers or the URL are too large.',
    why: 'At most 16 kB are read before a request is refused.',
    remedy: 'Send fewer or shorter headers; look for cookies that grow.',
  },
  'port-taken': {
    status: 500,
    retryable: false,
    what: 'Port {port} on {host} is taken.',
    why: 'Another process listens there, perhaps an earlier start of this one.',
    remedy: 'Stop that process, or set PORT to another number; PORT=0 takes a free one.',
  },
  'listen-failed': {
    status: 500,
    retryable: false,
    what: 'The server cannot listen on {host}:{port}: {reason}',
    why: 'The operating system refused the address.',
    remedy: 'Check HOST and PORT; ports below 1024 need a right that a server should not have.',
  },
  'authentication-missing': {
    status: 500,
    retryable: false,
    what: 'The route {route} asks who is calling, but no module can tell.',
    why: 'A route is closed to strangers unless it says otherwise, and this one would be closed to everybody.',
    remedy: "Return `authenticate` from the implementation that knows the users, or give the route auth: 'none'.",
  },
  'authentication-twice': {
    status: 500,
    retryable: false,
    what: 'Both {first} and {second} say who is calling.',
    why: 'One request would have two answers to the same question.',
    remedy: 'Return `authenticate` from one implementation only.',
  },
  'shutting-down': {
    status: 503,
    retryable: true,
    what: 'The process is shutting down and gave this work up.',
    why: 'It had waited for it as long as it may wait.',
    remedy: 'Send the request again; another process answers it.',
  },
})
