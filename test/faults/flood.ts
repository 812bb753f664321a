/** Asks for metrics as often as it can, 32 times at once: bun flood.ts PORT SECONDS. Prints how many answers came. */
const [port, seconds] = process.argv.slice(2).map(Number);
const end = performance.now() + seconds! * 1000;
let answers = 0;

async function scrape(): Promise<void> {
  while (performance.now() < end) {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    await response.arrayBuffer();
    if (response.ok) answers++;
  }
}

await Promise.all(Array.from({ length: 32 }, scrape));
console.log(answers);
