/** Two routers with the files that `print keepalived` prints, and the real keepalived. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { openLab } from "./lab/index.ts";
import { Connections } from "./lab/connections.ts";
import { Pair } from "./lab/pair.ts";

setDefaultTimeout(120_000);

test("connections survive each take-over on their gateways, and the address does not move back", async () => {
  const lab = await openLab({ gateways: 3 });
  const pair = await Pair.open(lab);
  pair.begin(pair.members[0]);
  let holder = await pair.untilHeld(pair.members[0]);
  pair.begin(pair.members[1]);

  const connections = await Connections.open(lab, 60);
  const before = await connections.ask(lab);
  expect(new Set(before).size).toBe(3);
  const takesOver = async (what: string): Promise<void> => {
    const asked = connections.ask(lab); // packets that no router forwards, for now
    holder = await pair.untilHeld(pair.other(holder));
    expect({ what, answers: await asked }).toEqual({ what, answers: before });
  };

  const ended = holder;
  await pair.end(ended);
  await takesOver("keepalived ends");
  pair.begin(ended);

  await holder.space.ip("link", "set", "gw0", "down");
  const lost = holder;
  await takesOver("the link to the gateways is lost");
  await lost.space.ip("link", "set", "gw0", "up");
  await lost.daemon.log.next(/traffic uses the gateways again/);
  expect(await pair.untilHeld()).toBe(holder);

  const stopped = holder;
  await stopped.daemon.stop();
  await takesOver("the service stops");
  for (const { daemon } of pair.members) expect(daemon.log.matching(/by another program/)).toEqual([]);
});
