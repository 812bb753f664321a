/** The examples and commands of the page about pools, with clients in two networks. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { blocksOf, README } from "../fixtures/documents.ts";
import { nft } from "./lab/beyond.ts";
import { sharesOf, untilAt } from "./lab/clients.ts";
import { addressOf, answering, INTERNET } from "./lab/index.ts";
import {
  fail,
  files,
  here,
  LTE,
  NORWAY,
  openPools,
  openWith,
  page,
  rulesOf,
  start,
  SWEDEN,
  untilIotIsRejected,
} from "./lab/pools-page.ts";

setDefaultTimeout(60_000);

const [first, direct, iot, lastResort, marked] = files as [string, string, string, string, string];

describe("the set-up", () => {
  test("of the beginning shares by weight, and ends with lte and with nothing", async () => {
    const { lab, lan, iot } = await openWith(first);
    const { [addressOf(SWEDEN)]: two = 0, [addressOf(NORWAY)]: one = 0 } = await sharesOf(lab, iot, 600);
    expect(two + one).toBeCloseTo(100);
    expect(Math.abs(two - 66.7)).toBeLessThan(6);
    await untilAt(lab, lan, NORWAY);
    fail(lab, SWEDEN, NORWAY);
    await untilAt(lab, iot, LTE);
    await untilAt(lab, lan, "upstream");
    fail(lab, LTE);
    await untilIotIsRejected(lab);
  });

  test("with one network leaves all others and the router alone", async () => {
    const { lab, lan, iot } = await openWith(direct);
    await untilAt(lab, iot, SWEDEN, NORWAY);
    await untilAt(lab, lan, "upstream");
    expect((await lab.localRoute(INTERNET)).table).toBe("main");
    fail(lab, SWEDEN, NORWAY);
    await untilIotIsRejected(lab);
    await untilAt(lab, lan, "upstream");
  });

  test("with the smart home leads it through norway alone", async () => {
    const { lab, lan, iot: home } = await openWith(iot);
    await untilAt(lab, home, NORWAY);
    await untilAt(lab, lan, SWEDEN, NORWAY);
    fail(lab, NORWAY);
    await untilIotIsRejected(lab);
    await untilAt(lab, lan, SWEDEN);
  });

  test("with a last resort uses it until another gateway has been usable for a while", async () => {
    const { lab, lan } = await openWith(lastResort);
    await untilAt(lab, lan, SWEDEN, NORWAY);
    fail(lab, SWEDEN, NORWAY);
    await untilAt(lab, lan, LTE);
    lab.gateway(SWEDEN).becomes(answering(200));
    await untilAt(lab, lan, SWEDEN);
  });

  test("with a mark of nftables leads marked packets through lte", async () => {
    const { lab, lan, iot } = await openWith(marked);
    await untilAt(lab, lan, SWEDEN, NORWAY);
    await nft(lab.router, rulesOf("choose_pool").replace("5060", "5000"));
    await untilAt(lab, lan, LTE);
    await untilAt(lab, iot, SWEDEN, NORWAY);
  });
});

test("the file of the README gives each network its gateways", async () => {
  const { lab, lan, iot: guests } = await openWith(blocksOf(README.text, "toml")[0]!);
  const { [addressOf(SWEDEN)]: two = 0, [addressOf(NORWAY)]: one = 0 } = await sharesOf(lab, lan, 600);
  expect(two + one).toBeCloseTo(100);
  expect(Math.abs(two - 66.7)).toBeLessThan(6);
  await untilAt(lab, guests, NORWAY);
  fail(lab, NORWAY);
  await untilIotIsRejected(lab);
  await untilAt(lab, lan, SWEDEN);
});

test("explain has the lines of the page", async () => {
  const all = await openPools();
  const daemon = await start(all, first);
  const [block] = blocksOf(page, "").filter((text) => text.startsWith("# gateway-route-manager explain"));
  const [command, ...lines] = here(block!).trim().split("\n");
  const words = command!.replace("config.toml", String(daemon.flags["config"])).split(" ").slice(2);
  const tidy = (text: string): string => text.replaceAll(/ +/g, " ");
  const { stdout } = await all.lab.run(words);
  for (const line of lines) expect(tidy(stdout)).toContain(tidy(line));
});

test("explain and the kernel answer for a mark and an interface as the page says", async () => {
  const all = await openPools();
  const daemon = await start(all, marked);
  const packet = ["-from", "10.78.0.2", ...here("-in br-iot -mark 0x10").split(" ")];
  expect(page).toContain("`-in br-iot` and `-mark 0x10` give the interface\nand the mark of the packet");
  const { stdout } = await all.lab.run(["explain", INTERNET, "-config", String(daemon.flags["config"]), ...packet]);
  expect(stdout).toContain("goes through the gateways of pool phones");
  const answer = await all.lab.router.ip("route", "get", INTERNET, "from", "10.78.0.2", "iif", "iot0", "mark", "0x10");
  expect(answer).toContain(`via ${addressOf(LTE)} `);
});
