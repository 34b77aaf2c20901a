// node's fetch (undici). Arguments: URL of the listener in clear, URL of the one with TLS.
import { createHash } from 'node:crypto';
import { run, equal } from './checks.mjs';
const [clear, tls] = process.argv.slice(2);
const sha = text => createHash('sha1').update(text).digest('hex');
const checks = {};
for (const [name, base] of [['clear', clear], ['tls', tls]]) {
  const url = path => `${base}/service/${path}`;
  checks[`${name}: page`] = async () => { const r = await fetch(url('page')); equal(r.status, 200); equal((await r.text()).length, 102_000); equal(r.headers.get('content-encoding'), 'gzip'); };
  checks[`${name}: many at once`] = async () => { for (const text of await Promise.all(Array.from({ length: 50 }, async () => (await fetch(url('page'))).text()))) equal(text.length, 102_000); };
  checks[`${name}: pieces`] = async () => equal((await (await fetch(url('pieces'))).text()).length, 40_000);
  checks[`${name}: HEAD`] = async () => equal((await fetch(url('page'), { method: 'HEAD', headers: { 'Accept-Encoding': 'identity' } })).headers.get('content-length'), '102000');
  checks[`${name}: POST`] = async () => equal(await (await fetch(url('echo'), { method: 'POST', body: 'abc', headers: { 'Content-Type': 'a/b' } })).text(), `POST 3 ${sha('abc')} a/b\n`);
  checks[`${name}: POST of a stream`] = async () => {
    const body = new ReadableStream({ start(c) { for (let i = 0; i < 100; i++) c.enqueue(new TextEncoder().encode('x'.repeat(5000))); c.close(); } });
    equal(await (await fetch(url('echo'), { method: 'POST', body, duplex: 'half' })).text(), `POST 500000 ${sha('x'.repeat(500_000))} -\n`);
  };
  checks[`${name}: DELETE without body`] = async () => equal(await (await fetch(url('echo'), { method: 'DELETE' })).text(), `DELETE 0 ${sha('')} -\n`);
  checks[`${name}: PUT of nothing`] = async () => equal(await (await fetch(url('echo'), { method: 'PUT', body: '' })).text(), `PUT 0 ${sha('')} text/plain;charset=UTF-8\n`);
  checks[`${name}: redirect`] = async () => { const r = await fetch(url('redirect')); equal(r.redirected, true); equal(r.status, 200); };
  checks[`${name}: not modified`] = async () => equal((await fetch(url('page'), { headers: { 'If-None-Match': '"page"' }, cache: 'no-store' })).status, 304);
  checks[`${name}: 404`] = async () => { const r = await fetch(url('absent')); equal(r.status, 404); equal(await r.text(), 'not here'); };
  checks[`${name}: aborted, then another`] = async () => {
    const stop = new AbortController();
    const r = await fetch(url('page'), { signal: stop.signal });
    stop.abort();
    await r.text().catch(() => {});
    equal((await fetch(url('page'))).status, 200);
  };
}
await run(checks);
