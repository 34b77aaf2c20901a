// Chromium's own EventSource, steered over its debugging protocol: it receives events, comes again with its last id, and sees a stream that is interrupted.
// Arguments: the program, the listener in clear, the listener with TLS.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import WebSocket from 'ws';
import { run, equal } from './checks.mjs';

const [program, clear, tls] = process.argv.slice(2);
const profile = mkdtempSync(path.join(tmpdir(), 'gateway-chromium-'));
const browser = spawn(program, [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
  // The authority of the tests is not among the browser's.
  '--ignore-certificate-errors', `--user-data-dir=${profile}`, '--remote-debugging-port=0', 'about:blank',
], { stdio: 'ignore' });
process.on('exit', () => {
  browser.kill('SIGKILL');
  rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

const wait = ms => new Promise(done => setTimeout(done, ms));
async function until(what, get) {
  for (let i = 0; i < 600; i++) {
    try { const found = await get(); if (found) return found; } catch { /* It is still starting. */ }
    await wait(100);
  }
  throw new Error(`${what} did not come within 60 s`);
}
const port = await until('the browser\'s port', () => Number(readFileSync(path.join(profile, 'DevToolsActivePort'), 'utf8').split('\n')[0]));
const page = await until('a page', async () => (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()).find(target => target.type === 'page'));
const socket = new WebSocket(page.webSocketDebuggerUrl);
await new Promise((done, fail) => socket.on('open', done).on('error', fail));
let calls = 0;
const call = (method, params = {}) => new Promise((done, fail) => {
  const id = ++calls;
  const answer = text => {
    const message = JSON.parse(text);
    if (message.id !== id) return;
    socket.off('message', answer);
    message.error ? fail(new Error(`${method}: ${message.error.message}`)) : done(message.result);
  };
  socket.on('message', answer);
  socket.send(JSON.stringify({ id, method, params }));
});
const ask = async expression => {
  const { result, exceptionDetails } = await call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
};
// A page of the same origin, as a shop's guide would have it.
async function open(url) {
  await call('Page.navigate', { url });
  await until('the page', () => ask(`document.readyState === 'complete' && location.href === ${JSON.stringify(url)}`));
}

// Reads until there are so many words: each with its id; what the stream said of an interruption; how often the connection was lost.
const read = (url, count) => ask(`new Promise((done, fail) => {
  const words = [], told = [], lost = [];
  const source = new EventSource(${JSON.stringify(url)});
  const timer = setTimeout(() => { source.close(); fail(new Error('only ' + JSON.stringify({ words, told, lost }))); }, 18000);
  source.addEventListener('word', event => {
    words.push([event.lastEventId, event.data]);
    if (words.length === ${count}) { clearTimeout(timer); source.close(); done({ words, told, lost }); }
  });
  source.addEventListener('error', event => { event.data ? told.push(event.data) : lost.push(source.readyState); });
})`);
const words = count => Array.from({ length: count }, (_, i) => [`${i + 1}`, `word ${i + 1}\né会`]);

const checks = {};
for (const [name, base] of [['clear', clear], ['tls', tls]]) {
  for (const route of ['stream', 'service']) {
    checks[`${name}, ${route}: events arrive, and the next connection says the last id`] = async () => {
      await open(`${base}/service/page`);
      equal((await read(`${base}/${route}/events`, 7)).words, words(7));
    };
    checks[`${name}, ${route}: an interruption is seen, and nothing is lost or doubled`] = async () => {
      await open(`${base}/service/page`);
      const seen = await read(`${base}/${route}/cut`, 6);
      equal(seen.words, words(6));
      // 0: the browser connects again by itself.
      if (seen.lost.length < 2 || seen.lost.some(state => state !== 0)) throw new Error(`the lost connections are ${JSON.stringify(seen.lost)}`);
      // Only a route that is a stream to the gateway can be told by an event.
      equal(seen.told.map(data => JSON.parse(data).error.code), route === 'stream' ? ['stream_interrupted', 'stream_interrupted'] : []);
    };
  }
}
await run(checks);
