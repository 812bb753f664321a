/** Sends wrong passwords as fast as it can on 32 connections: bun guess.ts PORT SECONDS. Prints how many were judged. */
const [port, seconds] = process.argv.slice(2).map(Number);
const end = performance.now() + seconds! * 1000;
let judged = 0;

async function guess(client: number): Promise<void> {
  for (let number = 0; performance.now() < end; number++) {
    const headers = { authorization: `Bearer ${client}-${number}` };
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers });
    await response.arrayBuffer();
    if (response.status !== 429) judged++;
  }
}

await Promise.all(Array.from({ length: 32 }, (_, client) => guess(client)));
console.log(judged);
