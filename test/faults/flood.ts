/** Requests /metrics as fast as it can on 32 connections: bun flood.ts PORT SECONDS. Prints the number of responses. */
const [port, seconds] = process.argv.slice(2).map(Number);
const end = performance.now() + seconds! * 1000;
let responses = 0;

async function scrape(): Promise<void> {
  while (performance.now() < end) {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    await response.arrayBuffer();
    if (response.ok) responses++;
  }
}

await Promise.all(Array.from({ length: 32 }, scrape));
console.log(responses);
