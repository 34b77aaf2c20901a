// Records what reaches a destination: the bytes of each connection as they came, and the requests that node's parser finds in them.
// It prints its ports: clear, tls, and control, where GET / gives all of it as JSON. Arguments: certificate and key.
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { readFileSync } from 'node:fs';

const [certificateFile, keyFile] = process.argv.slice(2);
const connections = new Map();
const of = socket => connections.get(socket.remotePort) ?? {};

const parser = http.createServer({ keepAliveTimeout: 600_000, requestTimeout: 0, maxHeaderSize: 131_072 }, (request, response) => {
  // The name is looked up before the body is read: a socket that has gone has no port any more.
  const connection = of(request.socket);
  const body = [];
  request.on('error', () => {});
  request.on('data', chunk => body.push(chunk));
  request.on('end', () => {
    const headers = [];
    for (let i = 0; i < request.rawHeaders.length; i += 2) headers.push([request.rawHeaders[i], request.rawHeaders[i + 1]]);
    if (request.url !== '/health') connection.requests?.push({ method: request.method, url: request.url, headers, body: Buffer.concat(body).toString('latin1') });
    response.setHeader('Content-Type', 'text/plain');
    response.end(`${/ID\d+/.exec(request.url)?.[0] ?? 'ok'}`);
  });
});
parser.on('clientError', (error, socket) => {
  // A connection that ends inside a message is a request that the client broke off.
  if (!['ECONNRESET', 'HPE_INVALID_EOF_STATE'].includes(error.code)) of(socket).error = `${error.code} ${error.reason ?? error.message}`;
  socket.destroy();
});
await new Promise(done => parser.listen(0, '127.0.0.1', done));

function tap(socket) {
  const record = { raw: [], requests: [], error: null };
  const inner = net.connect(parser.address().port, '127.0.0.1');
  inner.on('connect', () => {
    connections.set(inner.localPort, record);
    socket.on('data', chunk => { record.raw.push(chunk); inner.write(chunk); });
    inner.on('data', chunk => socket.write(chunk));
  });
  for (const [one, other] of [[socket, inner], [inner, socket]]) {
    one.on('error', () => {});
    one.on('end', () => other.end());
    one.on('close', () => other.destroy());
  }
  all.push(record);
}
const all = [];
const clear = net.createServer(tap);
const secure = tls.createServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile), ALPNProtocols: ['http/1.1'] }, tap);
secure.on('tlsClientError', () => {});
const control = http.createServer((request, response) => response.end(JSON.stringify(all.filter(one => one.requests.length > 0 || one.error).map(one => ({ ...one, raw: Buffer.concat(one.raw).toString('base64') })))));
const ports = {};
for (const [name, server] of Object.entries({ clear, tls: secure, control })) {
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  ports[name] = server.address().port;
}
console.log(JSON.stringify(ports));
process.stdin.resume().on('end', () => process.exit(0));
