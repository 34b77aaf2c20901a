// Runs named checks one after the other and prints a line for each; ends with 1 if one failed.
export async function run(checks) {
  let failed = false;
  for (const [name, check] of Object.entries(checks)) {
    let timer;
    try {
      await Promise.race([check(), new Promise((_, fail) => { timer = setTimeout(() => fail(new Error('no end within 20 s')), 20_000); })]);
      console.log(`ok ${name}`);
    } catch (error) {
      failed = true;
      console.log(`FAILED ${name}: ${error?.cause?.message ?? error?.message ?? error}`);
    } finally { clearTimeout(timer); }
  }
  process.exit(failed ? 1 : 0);
}
export function equal(actual, expected, what = 'value') {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what} is ${a?.slice(0, 300)}, not ${b?.slice(0, 300)}`);
}
