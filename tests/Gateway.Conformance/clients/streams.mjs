// The openai client and the eventsource package, on a route that is a stream to the gateway and on one that is not.
import OpenAI from 'openai';
import { EventSource } from 'eventsource';
import { run, equal } from './checks.mjs';
const [clear, tls] = process.argv.slice(2);
const checks = {};
for (const [name, base] of [['clear', clear], ['tls', tls]]) {
  for (const route of ['stream', 'service']) {
    const openai = new OpenAI({ apiKey: 'sk-none', baseURL: `${base}/${route}/v1`, maxRetries: 0 });
    const ask = { messages: [{ role: 'user', content: 'Which one?' }], model: 'guide' };
    checks[`${name}, ${route}: openai streams`] = async () => {
      const stream = await openai.chat.completions.create({ ...ask, stream: true });
      const parts = [];
      for await (const chunk of stream) parts.push(chunk.choices[0].delta.content);
      equal(parts.length, 8);
      equal(parts.join(''), 'Take the blue one, it is on sale.');
    };
    checks[`${name}, ${route}: openai without stream`] = async () => equal((await openai.chat.completions.create(ask)).choices[0].message.content, 'Take the blue one, it is on sale.');
    checks[`${name}, ${route}: openai is told of an unknown model`] = async () => {
      try { await openai.chat.completions.create({ ...ask, model: 'no-such-model' }); } catch (error) { equal([error.status, error.code], [404, 'model_not_found']); return; }
      throw new Error('no error');
    };
    checks[`${name}, ${route}: EventSource comes again with its last id`] = async () => {
      const words = [];
      const source = new EventSource(`${base}/${route}/events`);
      await new Promise((done, fail) => {
        source.addEventListener('word', event => { words.push([event.lastEventId, event.data]); if (words.length === 7) done(); });
        source.addEventListener('error', event => { if (event.code) fail(new Error(`${event.code} ${event.message}`)); });
      }).finally(() => source.close());
      equal(words, [1, 2, 3, 4, 5, 6, 7].map(id => [`${id}`, `word ${id}\né会`]));
    };
  }
}
await run(checks);
