// express, and beside it node's plain http server: files, an echo, and an upload that is refused before it is read.
// Arguments: the files' folder, certificate and key. It prints its ports, those over TLS with a 1 behind the name.
import http from 'node:http';
import https from 'node:https';
import fs from 'node:fs';
import path from 'node:path';
import express from 'express';

const [root, certificate, key] = process.argv.slice(2);
const app = express();
app.get('/health', (request, response) => response.send('ok'));
app.post('/:cluster/echo', express.raw({ type: () => true }), (request, response) => response.type('text/plain').send(request.body));
app.post('/:cluster/upload', express.raw({ type: () => true, limit: '1mb' }), (request, response) => response.send('taken'));
app.get('/:cluster/chunked', (request, response) => { response.type('text/plain'); response.write('one '); response.write('two '); response.end('three'); });
app.use('/:cluster', express.static(root));

function plain(request, response) {
  const name = path.basename(request.url);
  const file = path.join(root, name);
  if (name === 'upload') { response.writeHead(401, { Connection: 'close' }); return response.end('no', () => request.socket.destroySoon()); }
  if (name === 'echo') return request.pipe(response);
  if (name === 'chunked') { response.write('one '); response.write('two '); return response.end('three'); }
  if (name === 'health') return response.end('ok');
  if (!fs.existsSync(file)) { response.statusCode = 404; return response.end('not here'); }
  response.setHeader('Content-Length', fs.statSync(file).size);
  request.method === 'HEAD' ? response.end() : fs.createReadStream(file).pipe(response);
}

const ports = {};
for (const [name, handler] of [['express', app], ['plain', plain]]) {
  for (const [as, server] of [[name, http.createServer(handler)], [`${name}1`, https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, handler)]]) {
    await new Promise(done => server.listen(0, '127.0.0.1', done));
    ports[as] = server.address().port;
  }
}
console.log(JSON.stringify(ports));
