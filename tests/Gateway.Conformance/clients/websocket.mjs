// ws over both listeners.
import WebSocket from 'ws';
import { run, equal } from './checks.mjs';
const [clear, tls] = process.argv.slice(2);
const checks = {};
for (const [name, base] of [['clear', clear], ['tls', tls]]) {
  const open = (path, protocols) => new Promise((done, fail) => {
    const socket = new WebSocket(`${base.replace('http', 'ws')}/service/${path}`, protocols, { rejectUnauthorized: false });
    socket.inbox = [];
    socket.on('message', (data, isBinary) => { socket.inbox.push(isBinary ? data : String(data)); socket.emit('taken'); });
    socket.on('open', () => done(socket)).on('error', fail);
  });
  const next = async socket => { while (socket.inbox.length === 0) await new Promise(done => socket.once('taken', done)); return socket.inbox.shift(); };
  checks[`${name}: text and binary of 1 byte to 1 MB`] = async () => {
    const socket = await open('ws');
    for (const size of [1, 125, 126, 65_535, 65_536, 1_000_000]) {
      socket.send('t'.repeat(size));
      equal((await next(socket)).length, size);
      socket.send(Buffer.alloc(size, 7));
      equal(Buffer.compare(await next(socket), Buffer.alloc(size, 7)), 0);
    }
    socket.close();
  };
  checks[`${name}: first word from the server`] = async () => { const socket = await open('greet'); equal(await next(socket), 'hello'); socket.close(); };
  checks[`${name}: ping`] = async () => { const socket = await open('ws'); const pong = new Promise(done => socket.once('pong', data => done(String(data)))); socket.ping('x'); equal(await pong, 'x'); socket.close(); };
  checks[`${name}: subprotocol`] = async () => { const socket = await open('ws', ['a', 'b']); equal(socket.protocol, 'b'); socket.close(); };
  checks[`${name}: compression is agreed`] = async () => { const socket = await open('ws'); equal(socket.extensions, 'permessage-deflate'); socket.close(); };
  checks[`${name}: the server's close`] = async () => {
    const socket = await open('ws');
    const closed = new Promise(done => socket.once('close', (code, reason) => done([code, String(reason)])));
    socket.send('close me');
    equal(await closed, [4001, 'as you said']);
  };
  checks[`${name}: the client's close`] = async () => {
    const socket = await open('ws');
    const closed = new Promise(done => socket.once('close', code => done(code)));
    socket.close(4002);
    equal(await closed, 4002);
  };
}
await run(checks);
