import { describe, expect, test } from "bun:test";

import { GATEWAYS, openBench } from "./ddns.fixture.ts";

const [A, B, C] = GATEWAYS;

describe("a name that follows one gateway", () => {
  test("has its address alone, whatever other gateways carry traffic", async () => {
    const bench = openBench({ follows: B, old: ["9.0.0.9"] });
    await bench.activate(A, B, C);
    expect(bench.dynu.addresses()).toEqual(["1.0.0.2"]);
    await bench.activate(B);
    expect(bench.dynu.addresses()).toEqual(["1.0.0.2"]);
  });

  test("has no address while the gateway is not active, and its new one when it is back", async () => {
    const bench = openBench({ follows: B });
    await bench.activate(A, B);
    await bench.activate(A);
    expect(bench.dynu.addresses()).toEqual([]);
    bench.services.set(B, "1.0.9.2");
    await bench.activate(A, B);
    expect(bench.dynu.addresses()).toEqual(["1.0.9.2"]);
  });

  test("keeps its address meanwhile with -ddns-when-no-gateways keep", async () => {
    const bench = openBench({ follows: B, flags: { "ddns-when-no-gateways": "keep" } });
    await bench.activate(A, B);
    await bench.activate(A);
    expect(bench.dynu.addresses()).toEqual(["1.0.0.2"]);
  });

  test("keeps its record while the address of the gateway is unknown, and not for another gateway's sake", async () => {
    const bench = openBench({ follows: B, old: ["1.0.0.2"] });
    bench.services.set(B, 503);
    await bench.activate(A, B);
    expect(bench.dynu.addresses()).toEqual(["1.0.0.2"]);
    bench.services.set(B, "1.0.0.2");
    bench.services.set(A, 503);
    await bench.activate(B);
    await bench.activate(A, B);
    expect(bench.dynu.addresses()).toEqual(["1.0.0.2"]);
  });

  test("keeps its address after a restart while its gateway is used without being healthy", async () => {
    const bench = openBench({ follows: B, old: ["1.0.0.2"] });
    bench.services.set(B, 503);
    bench.ddns.setActive([A, B], new Set([B])); // the quorum keeps B
    await bench.pass(3000);
    expect(bench.dynu.addresses()).toEqual(["1.0.0.2"]);
  });

  test("knows an address of another gateway as that gateway's", async () => {
    const bench = openBench({ follows: B, old: ["1.0.0.1", "1.0.0.7"] });
    await bench.activate(A);
    bench.services.set(B, 503);
    await bench.activate(A, B);
    expect(bench.dynu.addresses()).not.toContain("1.0.0.1");
  });

  test("tells the states of all gateways of its pool", async () => {
    const bench = openBench({ follows: B });
    await bench.activate(A, B);
    const states = bench.of("public-ip-state").map(({ gateway, state }) => `${gateway} ${state}`);
    expect(states).toContain(`${A} known`);
    expect(bench.of("public-ip-count").at(-1)).toMatchObject({ count: 2 });
  });
});
