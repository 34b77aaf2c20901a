// The service that clients of other makers talk to: node's http server, ws for WebSockets, grpc-js for gRPC.
// Arguments: certificate and key. It prints its ports: http, grpc (in clear), grpcTls.
import http from 'node:http';
import zlib from 'node:zlib';
import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { WebSocketServer } from 'ws';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [certificateFile, keyFile] = process.argv.slice(2);
const page = Buffer.from('<p>A guide to shops, in a few words.</p>\n'.repeat(2490).slice(0, 102_000));
const seen = new Map();
const wait = ms => new Promise(done => setTimeout(done, ms));

async function events(request, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  // Three events a connection, then a clean end: the client comes again and says where it was.
  const from = Number(request.headers['last-event-id'] ?? 0);
  response.write('retry: 50\n\n');
  for (let id = from + 1; id <= from + 3; id++) {
    response.write(`id: ${id}\nevent: word\ndata: word ${id}\ndata: é会\n\n`);
    await wait(20);
  }
  response.end();
}

async function cut(request, response) {
  // Two events a connection, which then breaks; the third one ends cleanly.
  const from = Number(request.headers['last-event-id'] ?? 0);
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  response.write('retry: 50\n\n');
  for (let id = from + 1; id <= from + 2; id++) {
    response.write(`id: ${id}\nevent: word\ndata: word ${id}\ndata: é会\n\n`);
    await wait(20);
  }
  from < 4 ? request.socket.destroy() : response.end();
}

async function completions(request, response, body) {
  const asked = JSON.parse(body);
  const answer = 'Take the blue one, it is on sale.'.split(/(?<= )/);
  if (asked.model === 'no-such-model') {
    response.writeHead(404, { 'Content-Type': 'application/json' });
    return response.end(JSON.stringify({ error: { message: 'No such model.', type: 'invalid_request_error', code: 'model_not_found', param: null } }));
  }
  if (!asked.stream) {
    response.setHeader('Content-Type', 'application/json');
    return response.end(JSON.stringify({ id: 'c1', object: 'chat.completion', created: 1, model: asked.model, choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: answer.join('') } }] }));
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
  for (const content of answer) {
    response.write(`data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: asked.model, choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`);
    await wait(10);
  }
  response.end('data: [DONE]\n\n');
}

const server = http.createServer((request, response) => {
  const name = request.url.split('?')[0].replace(/^\/[^/]+/, '');
  const hash = createHash('sha1');
  let length = 0;
  const text = [];
  request.on('data', chunk => { hash.update(chunk); length += chunk.length; if (length < 100_000) text.push(chunk); });
  request.on('end', () => {
    if (request.url === '/health') return response.end('ok');
    if (name === '/echo') {
      response.setHeader('Content-Type', 'text/plain');
      return response.end(`${request.method} ${length} ${hash.digest('hex')} ${request.headers['content-type'] ?? '-'}\n`);
    }
    if (name === '/count') {
      // How often the request with this key has arrived so far.
      const key = request.url.split('?')[1];
      seen.set(key, (seen.get(key) ?? 0) + 1);
      return response.end(`${seen.get(key)}`);
    }
    if (name === '/events') return events(request, response);
    if (name === '/cut') return cut(request, response);
    if (name === '/v1/chat/completions') return completions(request, response, Buffer.concat(text).toString());
    if (name === '/page') {
      response.setHeader('Content-Type', 'text/html');
      response.setHeader('ETag', '"page"');
      response.setHeader('Vary', 'Accept-Encoding');
      if (request.headers['if-none-match'] === '"page"') { response.statusCode = 304; return response.end(); }
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
      if (range) {
        const part = page.subarray(+range[1], +range[2] + 1);
        response.writeHead(206, { 'Content-Range': `bytes ${range[1]}-${range[2]}/${page.length}`, 'Content-Length': part.length });
        return response.end(part);
      }
      const gzip = /gzip/.test(request.headers['accept-encoding'] ?? '');
      const body = gzip ? zlib.gzipSync(page) : page;
      response.writeHead(200, { 'Content-Length': body.length, ...(gzip ? { 'Content-Encoding': 'gzip' } : {}) });
      return response.end(request.method === 'HEAD' ? undefined : body);
    }
    if (name === '/redirect') { response.writeHead(302, { Location: 'page' }); return response.end(); }
    if (name === '/pieces') {
      for (let i = 0; i < 20; i++) response.write('piece of a response '.repeat(100));
      return response.end();
    }
    response.statusCode = 404;
    response.end('not here');
  });
});

const sockets = new WebSocketServer({ server, perMessageDeflate: { threshold: 100 }, handleProtocols: offered => [...offered].at(-1) });
sockets.on('connection', (socket, request) => {
  socket.on('message', (data, isBinary) => {
    if (String(data) === 'close me') return socket.close(4001, 'as you said');
    socket.send(data, { binary: isBinary });
  });
  if (request.url.endsWith('greet')) socket.send('hello');
});

const { Echo } = grpc.loadPackageDefinition(loader.loadSync(new URL('./echo.proto', import.meta.url).pathname)).conformance;
const implementation = {
  Unary: (call, done) => {
    if (call.request.text === 'fail') {
      const metadata = new grpc.Metadata();
      metadata.set('x-detail', 'of the failure');
      return done({ code: grpc.status.FAILED_PRECONDITION, details: 'as you said', metadata });
    }
    if (call.request.text === 'slow') return void setTimeout(() => done(null, { text: 'late' }), 3000);
    const trailers = new grpc.Metadata();
    trailers.set('x-trailer', 'yes');
    done(null, { text: call.request.text }, trailers);
  },
  Down: async call => {
    for (let i = 0; i < 5; i++) { call.write({ text: `${call.request.text} ${i}` }); await wait(10); }
    call.end();
  },
  Up: (call, done) => {
    let text = '';
    call.on('data', message => { text += message.text; });
    call.on('end', () => done(null, { text }));
  },
  Both: call => {
    call.on('data', message => call.write(message));
    call.on('end', () => call.end());
  },
};
const listen = (server, credentials) => new Promise((done, fail) => server.bindAsync('127.0.0.1:0', credentials, (error, port) => error ? fail(error) : done(port)));
const clear = new grpc.Server();
clear.addService(Echo.service, implementation);
const secure = new grpc.Server();
secure.addService(Echo.service, implementation);
await new Promise(done => server.listen(0, '127.0.0.1', done));
console.log(JSON.stringify({
  http: server.address().port,
  grpc: await listen(clear, grpc.ServerCredentials.createInsecure()),
  grpcTls: await listen(secure, grpc.ServerCredentials.createSsl(null, [{ private_key: readFileSync(keyFile), cert_chain: readFileSync(certificateFile) }])),
}));
process.stdin.resume().on('end', () => process.exit(0));
