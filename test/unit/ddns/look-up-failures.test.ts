import { describe, expect, test } from "bun:test";

import { type Bench, GATEWAYS, openBench } from "./ddns.fixture.ts";

const MINUTE = 60_000;
const [A, B] = GATEWAYS;

let bench: Bench;
const addresses = (): string[] => bench.dynu.addresses();

describe("look-ups that fail", () => {
  test("from the start remove nothing", async () => {
    bench = openBench({ old: ["8.0.0.1", "8.0.0.2"] });
    for (const gateway of GATEWAYS) bench.services.set(gateway, "");
    await bench.activate(A, B);
    await bench.pass(60 * MINUTE, 10_000);
    expect(bench.writes).toEqual([]);
  });

  test("after a success leave the address published for 15 minutes, and its record retained after that", async () => {
    bench = openBench();
    await bench.activate(A, B);
    bench.services.set(A, 500);
    await bench.pass(14 * MINUTE, 10_000);
    bench.dynu.take(bench.dynu.records().find(({ content }) => content === "1.0.0.1")!.id);
    await bench.pass(16 * MINUTE, 10_000);
    const published = addresses();
    expect(published).toContain("1.0.0.2");
    bench.dynu.put({ content: "1.0.0.1" }); // another program publishes it again: it may be correct
    await bench.pass(16 * MINUTE, 10_000);
    expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
    const states = bench.of("public-ip-state").filter(({ gateway }) => gateway === A);
    expect(states.map(({ state }) => state)).toEqual(["unknown", "known", "kept", "unknown"]);
  });

  test.each([
    ["15 minutes", {}, 15],
    ["three refresh periods where those are longer", { "public-ip-refresh": "10m" }, 30],
  ])("leave the address known for %s", async (_, flags, minutes) => {
    bench = openBench({ flags });
    await bench.activate(A);
    bench.services.set(A, 500);
    const isUnknown = (): boolean => bench.of("public-ip-state").filter(({ state }) => state === "unknown").length > 1;
    const passed = await bench.passUntil(isUnknown, 60 * MINUTE, 10_000);
    expect(passed).toBeWithin((minutes - 1) * MINUTE, (minutes + 11) * MINUTE);
  });

  test("do not retain the record of another gateway that is gone", async () => {
    bench = openBench();
    await bench.activate(A, B);
    bench.services.set(A, 500);
    await bench.pass(MINUTE, 1000);
    await bench.activate(A);
    expect(addresses()).toEqual(["1.0.0.1"]);
  });

  test("an address that changes while the gateway stays healthy is followed within the refresh period", async () => {
    bench = openBench();
    await bench.activate(A, B);
    bench.services.set(A, "1.0.0.99");
    await bench.pass(33_000, 1000);
    expect(addresses()).toEqual(["1.0.0.2", "1.0.0.99"]);
    expect(bench.of("public-ip-changed").at(-1)).toMatchObject({ gateway: A, from: "1.0.0.1", to: "1.0.0.99" });
  });
});
