// A client that sends many requests and reports what it read, raw: node's parsers of HTTP/1.1 and HTTP/2 are the judge.
// Standard input: { targets: { name: { kind: "h1" | "h2", tls, port } }, cells: [{ id, target, method, path, headers, size, text }], concurrency, timeout }.
// Standard output: a line of JSON for each cell.
import http from 'node:http';
import https from 'node:https';
import http2 from 'node:http2';
import { createHash } from 'node:crypto';

let text = '';
for await (const chunk of process.stdin) text += chunk;
const { targets, cells, concurrency, timeout } = JSON.parse(text);
const pairs = raw => { const list = []; for (let i = 0; i < raw.length; i += 2) list.push([raw[i], String(raw[i + 1])]); return list; };
const reasonOf = error => error.code?.startsWith('ERR_HTTP2') ? `${error.code}: ${error.message}` : error.code ?? error.message;
const agents = {};
const sessions = {};

function sessionOf(name) {
  let session = sessions[name];
  if (!session || session.closed || session.destroyed) {
    const target = targets[name];
    session = sessions[name] = http2.connect(`${target.tls ? 'https' : 'http'}://127.0.0.1:${target.port}`, { rejectUnauthorized: false, maxSessionMemory: 1000 });
    session.on('error', error => console.error(`${name}: ${error.message}`));
    session.on('goaway', code => { if (code) console.error(`${name}: GOAWAY ${code}`); });
  }
  return session;
}

function run(cell) {
  const target = targets[cell.target];
  const result = { id: cell.id, status: 0, reason: null, headers: [], interim: [], trailers: [], length: 0, hash: '', error: null };
  const hash = createHash('sha1');
  const body = cell.size > 0 ? Buffer.alloc(cell.size, 'request body ') : null;
  return new Promise(done => {
    let finished = false;
    let abort = () => {};
    const finish = error => {
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      result.error = error ?? null;
      result.hash = hash.digest('hex');
      if (error) abort();
      done(result);
    };
    const timer = setTimeout(() => finish(`no end within ${timeout} ms`), timeout);
    const take = chunk => { hash.update(chunk); result.length += chunk.length; if (cell.text && result.length < 4000) result.text = (result.text ?? '') + chunk.toString('latin1'); };
    if (target.kind === 'h1') {
      const module = target.tls ? https : http;
      agents[cell.target] ??= new module.Agent({ keepAlive: true, maxSockets: concurrency, rejectUnauthorized: false });
      const headers = { ...cell.headers };
      if (body) headers['Content-Length'] = body.length;
      const request = module.request({ agent: agents[cell.target], host: '127.0.0.1', port: target.port, method: cell.method, path: cell.path, headers, maxHeaderSize: 131_072 });
      abort = () => request.destroy();
      request.on('information', info => result.interim.push({ status: info.statusCode, headers: pairs(info.rawHeaders) }));
      request.on('error', error => finish(reasonOf(error)));
      request.on('response', response => {
        result.status = response.statusCode;
        result.reason = response.statusMessage;
        result.headers = pairs(response.rawHeaders);
        response.on('data', take);
        response.on('error', error => finish(reasonOf(error)));
        response.on('end', () => { result.trailers = pairs(response.rawTrailers); finish(response.complete ? null : 'incomplete'); });
        response.on('close', () => finish(response.complete ? null : 'incomplete'));
      });
      request.end(body);
    } else {
      const headers = Object.fromEntries(Object.entries(cell.headers).map(([name, value]) => [name.toLowerCase(), value]));
      delete headers.connection;
      if (body) headers['content-length'] = body.length;
      const stream = sessionOf(cell.target).request({ ':method': cell.method, ':path': cell.path, ...headers }, { endStream: !body });
      abort = () => stream.close(http2.constants.NGHTTP2_CANCEL);
      const split = raw => pairs(raw).filter(([name]) => !name.startsWith(':'));
      stream.on('headers', (headers, flags, raw) => result.interim.push({ status: headers[':status'], headers: split(raw) }));
      stream.on('response', (headers, flags, raw) => { result.status = headers[':status']; result.headers = split(raw); });
      stream.on('trailers', (headers, flags, raw) => { result.trailers = raw ? split(raw) : Object.entries(headers); });
      stream.on('data', take);
      stream.on('error', error => finish(reasonOf(error)));
      stream.on('close', () => finish(stream.rstCode === 0 ? null : `RST_STREAM ${stream.rstCode}`));
      stream.resume();
      if (body) stream.end(body);
    }
  });
}

let next = 0;
async function worker() {
  while (next < cells.length) process.stdout.write(JSON.stringify(await run(cells[next++])) + '\n');
}
await Promise.all(Array.from({ length: concurrency }, worker));
for (const session of Object.values(sessions)) session.destroy();
for (const agent of Object.values(agents)) agent.destroy();
