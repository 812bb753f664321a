/** Two routers with the files that `print keepalived` prints, and the real keepalived. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { openLab } from "./lab/index.ts";
import { Connections } from "./lab/connections.ts";
import { Pair } from "./lab/pair.ts";

setDefaultTimeout(120_000);

test("connections survive each take-over on their gateways, and the address does not move back", async () => {
  const lab = await openLab({ beyond: true });
  const pair = await Pair.open(lab);
  pair.begin(pair.members[0]);
  let holder = await pair.untilHeld(pair.members[0]);
  pair.begin(pair.members[1]);

  const connections = await Connections.openBeyond(lab, 60);
  const before = await connections.ask(lab);
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

  const stopped = holder;
  await takesOver("the service stops", () => stopped.daemon.stop());
  for (const { daemon } of pair.members) expect(daemon.log.matching(/by another program/)).toEqual([]);
});
