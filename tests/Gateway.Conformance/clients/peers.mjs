// Asks the gateway, nginx and HAProxy the same odd requests before the same destination, and prints a table of what each does where they differ
// (all of it with --all). Needs the built gateway, nginx and haproxy: node tests/Gateway.Conformance/clients/peers.mjs
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import net from 'node:net';
import path from 'node:path';
import { execFileSync } from 'node:child_process';

const here = path.dirname(new URL(import.meta.url).pathname);
const folder = mkdtempSync(path.join(tmpdir(), 'gateway-peers-'));
const running = [];
const wait = ms => new Promise(done => setTimeout(done, ms));
const start = (program, args, environment = {}) => {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...environment } });
  running.push(child);
  return child;
};
const freePort = () => new Promise(done => { const server = net.createServer().listen(0, '127.0.0.1', () => { const { port } = server.address(); server.close(() => done(port)); }); });
const until = async (port, tries = 600) => {
  for (let i = 0; i < tries; i++) {
    if (await new Promise(done => net.connect(port, '127.0.0.1').on('connect', function () { this.destroy(); done(true); }).on('error', () => done(false)))) return;
    await wait(50);
  }
  throw new Error(`nothing listens on ${port}`);
};

const crlf = (...lines) => lines.join('\r\n');
const get = (...headers) => id => crlf(`GET /odd/${id} HTTP/1.1`, 'Host: shop.example', ...headers, '', '');
const post = (headers, body) => id => crlf(`POST /odd/${id} HTTP/1.1`, 'Host: shop.example', ...headers, '', body);
const line = (text, ...headers) => id => crlf(text.replace('ID', id), 'Host: shop.example', ...headers, '', '');
const requests = {
  'no `Host`': id => crlf(`GET /odd/${id} HTTP/1.1`, '', ''),
  'two `Host`': get('Host: other.example'),
  'HTTP/1.0 without `Host`': id => crlf(`GET /odd/${id} HTTP/1.0`, '', ''),
  'HTTP/1.2': line('GET /odd/ID HTTP/1.2'),
  'absolute target with another host': line('GET http://other.example/odd/ID HTTP/1.1'),
  'target with `#`': line('GET /odd/ID#a HTTP/1.1'),
  'target with a byte above 127': line('GET /odd/ID?\u00e9 HTTP/1.1'),
  'target with a blank': line('GET /odd/ID?a b HTTP/1.1'),
  'target with `%00`': line('GET /odd/ID?%00 HTTP/1.1'),
  'target with `/../`': line('GET /odd/x/../ID HTTP/1.1'),
  'target with `//`': line('GET /odd//ID HTTP/1.1'),
  'two blanks in the request line': line('GET  /odd/ID HTTP/1.1'),
  'method `get`': line('get /odd/ID HTTP/1.1'),
  '`TRACE`': line('TRACE /odd/ID HTTP/1.1'),
  '`CONNECT`': line('CONNECT other.example:443 HTTP/1.1'),
  'bare LF as line end': id => `GET /odd/${id} HTTP/1.1\nHost: shop.example\n\n`,
  'an empty line first': id => '\r\n' + get()(id),
  'a folded header': get('X-Fold: a', ' b'),
  'a blank before the colon': get('X-Space : 1'),
  'NUL in a value': get('X-Nul: a\0b'),
  'bare CR in a value': get('X-Cr: a\rb'),
  'a name that is no token': get('X(Y: 1'),
  'a name with a byte above 127': get('X-\u00e9: 1'),
  'a value with bytes above 127': get('X-Text: \u00e9'),
  'an underscore in a name': get('X_Under: 1'),
  'two equal lengths': post(['Content-Length: 5', 'Content-Length: 5'], 'hello'),
  'two different lengths': post(['Content-Length: 5', 'Content-Length: 6'], 'hello!'),
  '`Content-Length: 5, 5`': post(['Content-Length: 5, 5'], 'hello'),
  '`Content-Length: +5`': post(['Content-Length: +5'], 'hello'),
  'length and chunks': post(['Content-Length: 5', 'Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n'),
  '`Transfer-Encoding: gzip, chunked`': post(['Transfer-Encoding: gzip, chunked'], '5\r\nhello\r\n0\r\n\r\n'),
  '`Transfer-Encoding: chunked` twice': post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n'),
  '`Transfer-Encoding: identity`': post(['Transfer-Encoding: identity', 'Content-Length: 5'], 'hello'),
  'chunks in HTTP/1.0': id => crlf(`POST /odd/${id} HTTP/1.0`, 'Host: shop.example', 'Transfer-Encoding: chunked', '', '5', 'hello', '0', '', ''),
  'a chunk extension': post(['Transfer-Encoding: chunked'], '5;a=b\r\nhello\r\n0\r\n\r\n'),
  'LF behind a chunk size': post(['Transfer-Encoding: chunked'], '5\nhello\r\n0\r\n\r\n'),
  '`0x5` as chunk size': post(['Transfer-Encoding: chunked'], '0x5\r\nhello\r\n0\r\n\r\n'),
  'trailers': post(['Transfer-Encoding: chunked', 'Trailer: X-T'], '5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n'),
  'POST without length in HTTP/1.1': post([], ''),
  'POST without length in HTTP/1.0': id => crlf(`POST /odd/${id} HTTP/1.0`, 'Host: shop.example', '', ''),
  'GET with a body': id => crlf(`GET /odd/${id} HTTP/1.1`, 'Host: shop.example', 'Content-Length: 5', '', 'hello'),
  '`Connection` names a header': get('Connection: X-Private', 'X-Private: 1'),
  '`Connection` names `Host`': get('Connection: Host'),
  '`Upgrade: h2c`': get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'),
  '`Expect: 200-ok`': post(['Expect: 200-ok', 'Content-Length: 5'], 'hello'),
  '`Max-Forwards: 0` on OPTIONS': line('OPTIONS /odd/ID HTTP/1.1', 'Max-Forwards: 0'),
  '`Content-Type: application/grpc`': post(['Content-Type: application/grpc', 'Content-Length: 5'], 'hello'),
  '120 headers': get(...Array.from({ length: 120 }, (_, i) => `X-${i}: 1`)),
};

function ask(port, bytes) {
  return new Promise(done => {
    let text = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')));
    const finish = () => { clearTimeout(timer); socket.destroy(); const found = [...text.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(m => m[1]); done(found.join(' ') || (text ? 'bytes' : ended ? 'closed' : 'waits')); };
    let ended = false;
    const timer = setTimeout(finish, 1500);
    socket.on('data', chunk => { text += chunk.toString('latin1'); }).on('end', () => { ended = true; finish(); }).on('error', () => { ended = true; finish(); });
  });
}

try {
  // 1. One destination, three proxies.
  const [certificate, key] = ['c.pem', 'k.pem'].map(name => path.join(folder, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=localhost'], { stdio: 'ignore' });
  const recorder = start('node', [path.join(here, 'recorder.mjs'), certificate, key]);
  const { clear, control } = JSON.parse(String(await new Promise(done => recorder.stdout.once('data', done))));
  const ports = { gateway: await freePort(), nginx: await freePort(), HAProxy: await freePort() };
  const admin = await freePort();
  writeFileSync(path.join(folder, 'gateway.yaml'), `version: 1
listen: [ { url: "http://127.0.0.1:${ports.gateway}" } ]
admin: { url: "http://127.0.0.1:${admin}" }
state: ${folder}/state
clusters: { odd: { tiers: [ { name: primary, destinations: [ "http://127.0.0.1:${clear}" ] } ] } }
routes: { all: { match: { path: "/{**rest}" }, cluster: odd } }
`);
  writeFileSync(path.join(folder, 'nginx.conf'), `daemon off; master_process off; pid ${folder}/nginx.pid; error_log /dev/null;
events {} http { access_log off; client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c; uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
server { listen 127.0.0.1:${ports.nginx}; location / { proxy_pass http://127.0.0.1:${clear}; proxy_http_version 1.1; proxy_set_header Connection ""; } } }
`);
  writeFileSync(path.join(folder, 'haproxy.cfg'), `defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
frontend f
  bind 127.0.0.1:${ports.HAProxy}
  default_backend b
backend b
  server s 127.0.0.1:${clear}
`);
  start('dotnet', [path.join(here, '../../../src/Gateway/bin/Release/net10.0/gateway.dll'), 'run', '--config', path.join(folder, 'gateway.yaml')]).stdout.resume();
  start('/usr/sbin/nginx', ['-c', path.join(folder, 'nginx.conf')]);
  start('/usr/sbin/haproxy', ['-f', path.join(folder, 'haproxy.cfg')]);
  for (const port of Object.values(ports)) await until(port);
  await wait(3000);

  // 2. Each request to each.
  const rows = [];
  let number = 1;
  for (const [name, make] of Object.entries(requests)) {
    const row = { name };
    for (const [proxy, port] of Object.entries(ports)) {
      const id = `ID${1_000_000 + number++}`;
      row[proxy] = { id, status: await ask(port, make(id)) };
    }
    rows.push(row);
  }

  // 3. What reached the destination.
  const seen = new Map();
  for (const connection of await (await fetch(`http://127.0.0.1:${control}/`)).json()) {
    for (const request of connection.requests) {
      const id = /ID\d+/.exec(request.url)?.[0];
      seen.set(id, [...seen.get(id) ?? [], request]);
    }
  }
  const told = ({ id, status }) => {
    const reached = seen.get(id) ?? [];
    const what = reached.map(request => {
      const odd = request.headers.filter(([header]) => /^x[^a-z]|^max-forwards|^upgrade|^expect|^te$|^x_/i.test(header) && !/^x-forwarded|^x-\d+$/i.test(header)).map(([header, value]) => `${header}: ${value}`);
      return [request.method, request.url.replace('/odd', '').replace(id, '…'), request.body.length ? `${request.body.length} bytes` : '', ...odd].filter(Boolean).join(' ');
    }).join(' + ');
    return `${status}${what ? ` (${what})` : ''}`;
  };
  console.log(`| request | gateway | nginx | HAProxy |\n|---|---|---|---|`);
  for (const row of rows) {
    const cells = Object.keys(ports).map(proxy => told(row[proxy]));
    if (process.argv.includes('--all') || new Set(cells.map(cell => cell.replace(/ \+.*/, ''))).size > 1) console.log(`| ${row.name} | ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  }
} finally {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
