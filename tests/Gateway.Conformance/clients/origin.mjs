// An origin that answers each request with the response that its URL describes: node's servers read the requests, the
// bytes of an HTTP/1.1 response are written exactly as described. It prints one line of JSON with its ports when it listens.
//
//   GET /any/prefix?spec=<base64url of JSON>
//
// The JSON: s status, r reason, h header lines [[name, value]], b body size, c coding, f framing (length, chunked, close, none),
// i interim responses [[status, [[name, value]]]], t trailers [[name, value]].
import http from 'node:http';
import https from 'node:https';
import http2 from 'node:http2';
import zlib from 'node:zlib';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [certificateFile, keyFile] = process.argv.slice(2);
const tls = { cert: readFileSync(certificateFile), key: readFileSync(keyFile) };
const bodies = new Map();

function bodyOf(spec) {
  const key = `${spec.b}/${spec.c ?? ''}`;
  if (!bodies.has(key)) {
    const bytes = Buffer.alloc(spec.b);
    for (let i = 0; i < bytes.length; i++) bytes[i] = 33 + (i * 31 + (i >> 7)) % 90;
    bodies.set(key, spec.c === 'gzip' ? zlib.gzipSync(bytes) : spec.c === 'br' ? zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 3 } }) : bytes);
  }
  return bodies.get(key);
}

function readBody(stream, then) {
  const hash = createHash('sha1');
  let length = 0;
  stream.on('data', chunk => { hash.update(chunk); length += chunk.length; });
  stream.on('end', () => then(`${length} ${hash.digest('hex').slice(0, 12)}`));
  stream.on('error', () => {});
}

// What the origin understood of the request, so that the comparison covers it too.
const echo = (method, type, body) => [['X-Seen-Method', method], ['X-Seen-Type', type ?? '-'], ['X-Seen-Body', body]];
const specOf = url => {
  const query = url.indexOf('?spec=');
  return query < 0 ? null : JSON.parse(Buffer.from(url.slice(query + 6), 'base64url').toString());
};
const lines = headers => headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');

function answer1(request, response) {
  response.on('error', () => {});
  request.socket.on('error', () => {});
  readBody(request, seen => {
    const spec = specOf(request.url);
    if (!spec) return response.end('ok');
    const interim = (spec.i ?? []).map(([status, headers]) => `HTTP/1.1 ${status} Interim\r\n${lines(headers)}\r\n`).join('');
    const body = bodyOf(spec);
    const withBody = request.method !== 'HEAD' && spec.f !== 'none';
    const headers = [...echo(request.method, request.headers['content-type'], seen), ...spec.h];
    if (spec.c) headers.push(['Content-Encoding', spec.c]);
    if (spec.t) headers.push(['Trailer', spec.t.map(([name]) => name).join(', ')]);
    if (spec.f === 'length') headers.push(['Content-Length', body.length]);
    if (spec.f === 'chunked') headers.push(['Transfer-Encoding', 'chunked']);
    if (spec.f === 'close') headers.push(['Connection', 'close']);
    // With a head of our own, node adds nothing to it and does not frame what follows.
    response._header = `${interim}HTTP/1.1 ${spec.s} ${spec.r ?? http.STATUS_CODES[spec.s] ?? 'Odd'}\r\n${lines(headers)}\r\n`;
    response._headerSent = false;
    response._hasBody = true;
    response.chunkedEncoding = false;
    response._last = spec.f === 'close';
    if (!withBody) return response.end();
    if (spec.f !== 'chunked') return response.end(body);
    const parts = [];
    for (let at = 0; at < body.length; at += 10_000) {
      const part = body.subarray(at, at + 10_000);
      parts.push(Buffer.from(part.length.toString(16) + '\r\n'), part, Buffer.from('\r\n'));
    }
    parts.push(Buffer.from(`0\r\n${lines(spec.t ?? [])}\r\n`, 'latin1'));
    response.end(Buffer.concat(parts));
  });
}

function answer2(stream, requestHeaders) {
  stream.on('error', () => {});
  readBody(stream, seen => {
    const method = requestHeaders[':method'];
    const spec = specOf(requestHeaders[':path']);
    if (stream.destroyed) return;
    if (!spec) { stream.respond({ ':status': 200 }); return stream.end('ok'); }
    const fold = (list, into = {}) => {
      for (const [rawName, value] of list) {
        const name = rawName.toLowerCase();
        into[name] = name in into ? [].concat(into[name], String(value)) : String(value);
      }
      return into;
    };
    for (const [status, headers] of spec.i ?? []) stream.additionalHeaders(fold(headers, { ':status': status }));
    const body = bodyOf(spec);
    const headers = fold([...echo(method, requestHeaders['content-type'], seen), ...spec.h], { ':status': spec.s });
    if (spec.c) headers['content-encoding'] = spec.c;
    if (spec.f === 'length') headers['content-length'] = String(body.length);
    const bodiless = method === 'HEAD' || spec.f === 'none' || [204, 205, 304].includes(spec.s);
    stream.respond(headers, { endStream: bodiless, waitForTrailers: !bodiless && !!spec.t });
    if (bodiless) return;
    stream.on('wantTrailers', () => stream.sendTrailers(fold(spec.t)));
    stream.end(body);
  });
}

const kept = { keepAliveTimeout: 600_000, maxHeaderSize: 65_536 };
const servers = {
  h1: http.createServer(kept, answer1),
  tls1: https.createServer({ ...kept, ...tls }, answer1),
  h2c: http2.createServer({ maxSessionMemory: 1000 }).on('stream', answer2),
  tls2: http2.createSecureServer({ ...tls, allowHTTP1: false, maxSessionMemory: 1000 }).on('stream', answer2),
};
const ports = {};
await Promise.all(Object.entries(servers).map(([name, server]) => new Promise(done => {
  server.on('sessionError', () => {});
  server.on('clientError', (_, socket) => socket.destroy());
  server.listen(0, '127.0.0.1', () => { ports[name] = server.address().port; done(); });
})));
console.log(JSON.stringify(ports));
// The test ends it by closing its standard input, or by a signal.
process.stdin.resume().on('end', () => process.exit(0));
