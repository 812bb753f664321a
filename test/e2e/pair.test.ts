/** Two routers with the files that `print keepalived` prints, and the real keepalived. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { answering, type Daemon, openDdnsLab, refusing } from "./lab/index.ts";
import { Connections } from "./lab/connections.ts";
import { Pair } from "./lab/pair.ts";

setDefaultTimeout(120_000);

/** Updates of the DNS name by a router. */
const updatesOf = async (daemon: Daemon): Promise<number> =>
  (await daemon.metrics()).value("ddns_updates_total", { provider: "DynuDNS", status: "success" });

test("connections survive each take-over on their gateways, the address does not move back, and one router writes", async () => {
  const { lab, ddns } = await openDdnsLab({ beyond: true });
  const gate = { "ddns-require-ip-address": "10.66.0.1" };
  const pair = await Pair.open(lab, gate, (...given) => ddns.start(...given));
  const states = await pair.states();
  pair.begin(pair.members[0]);
  let holder = await pair.untilHeld(pair.members[0]);
  pair.begin(pair.members[1]);
  await ddns.untilReadBack([1, 2, 3]);

  const connections = await Connections.openBeyond(lab, 60);
  let before = await connections.ask(lab);
  expect(new Set(before).size).toBe(3);
  const takesOver = async (what: string, fail: () => Promise<unknown>): Promise<void> => {
    await connections.talkDuring(async () => {
      await fail();
      holder = await pair.untilHeld(pair.other(holder));
    });
    console.log(what);
    expect(await connections.ask(lab)).toEqual(before);
  };

  const ended = holder;
  await takesOver("keepalived ends", () => pair.end(ended));
  pair.begin(ended);

  const unheard = holder;
  await takesOver("the link to the clients is lost", () => pair.plug(unheard, "down"));
  await pair.plug(unheard, "up");

  const lost = holder;
  await takesOver("the link to the gateways is lost", () => lost.space.ip("link", "set", "gw0", "down"));
  await lost.space.ip("link", "set", "gw0", "up");
  await lost.daemon.log.next(/traffic uses the gateways again/);
  expect(await pair.untilHeld()).toBe(holder);

  expect(await pair.states()).toEqual(states); // neither program has touched what is the other's
  for (const { daemon } of pair.members) expect(daemon.log.matching(/by another program/)).toEqual([]);

  const backup = pair.other(holder);
  const writes = await updatesOf(backup.daemon);
  lab.gateway(3).becomes(refusing);
  await ddns.untilReadBack([1, 2]);
  expect(await updatesOf(backup.daemon)).toBe(writes);
  lab.gateway(3).becomes(answering(200));
  await ddns.untilReadBack([1, 2, 3]);
  const left = await connections.ask(lab);
  expect(left.filter((gateway, index) => gateway !== before[index] && before[index] !== "10.77.0.13")).toEqual([]);
  before = left;

  const stopped = holder;
  await takesOver("the service stops", () => stopped.daemon.stop());
});
