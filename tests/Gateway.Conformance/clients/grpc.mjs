// grpc-js through the listener with TLS, to destinations in clear and with TLS. Arguments: port, authority's file, name of the service's prefix.
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { readFileSync } from 'node:fs';
import { run, equal } from './checks.mjs';
const [port, authority] = process.argv.slice(2);
const { Echo } = grpc.loadPackageDefinition(loader.loadSync(new URL('./echo.proto', import.meta.url).pathname)).conformance;
const client = new Echo(`localhost:${port}`, grpc.credentials.createSsl(readFileSync(authority)));
const unary = (text, options = {}) => new Promise((done, fail) => {
  const call = client.Unary({ text }, options, (error, answer) => error ? fail(error) : done({ ...answer, status }));
  let status;
  call.on('status', s => { status = s; });
});
const collect = call => new Promise((done, fail) => { const list = []; call.on('data', m => list.push(m.text)).on('error', fail).on('end', () => done(list)); });
await run({
  'unary': async () => equal((await unary('hello')).text, 'hello'),
  'unary of 200 KB': async () => equal((await unary('x'.repeat(200_000))).text.length, 200_000),
  'trailers': () => new Promise((done, fail) => { const call = client.Unary({ text: 'a' }, () => {}); call.on('status', s => { try { equal(s.metadata.get('x-trailer'), ['yes']); done(); } catch (e) { fail(e); } }); }),
  'status, details and metadata of a failure': async () => { try { await unary('fail'); } catch (e) { equal([e.code, e.details, e.metadata.get('x-detail')], [grpc.status.FAILED_PRECONDITION, 'as you said', ['of the failure']]); return; } throw new Error('no error'); },
  'deadline': async () => { try { await unary('slow', { deadline: Date.now() + 300 }); } catch (e) { equal(e.code, grpc.status.DEADLINE_EXCEEDED); return; } throw new Error('no error'); },
  'server stream': async () => equal(await collect(client.Down({ text: 'n' })), ['n 0', 'n 1', 'n 2', 'n 3', 'n 4']),
  'client stream': () => new Promise((done, fail) => { const call = client.Up((error, answer) => { try { if (error) throw error; equal(answer.text, 'abc'); done(); } catch (e) { fail(e); } }); for (const text of 'abc') call.write({ text }); call.end(); }),
  'both': async () => {
    const call = client.Both();
    const all = collect(call);
    for (let i = 0; i < 20; i++) { call.write({ text: `${i}` }); await new Promise(done => setTimeout(done, 5)); }
    call.end();
    equal(await all, Array.from({ length: 20 }, (_, i) => `${i}`));
  },
  'twenty at once': async () => equal((await Promise.all(Array.from({ length: 20 }, (_, i) => unary(`${i}`)))).map(a => a.text), Array.from({ length: 20 }, (_, i) => `${i}`)),
});
