import { expect, test } from "bun:test";

import type { PoolConfig } from "../../../src/config/model.ts";
import type { Family } from "../../../src/net/address.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import { ALL_PACKETS } from "../../../src/routing/selectors.ts";
import { KernelMonitor } from "../../../src/service/kernel-monitor.ts";

/** A pool that routes all packets of these families. */
function poolOf(...families: readonly Family[]): PoolConfig {
  const route = families.map((family) => parseCidr(family === 4 ? "0.0.0.0/0" : "::/0", [family])!);
  const members = [{ gateway: "10.0.0.1", address6: "fd00::1", weight: 1, tier: 1 }];
  return {
    route,
    members,
    excludeCidr: [],
    markerRoute: [],
    selectors: ALL_PACKETS,
    dnsNames: [],
  } as unknown as PoolConfig;
}

test("the kernel is watched in the families that are routed, anew when others are", () => {
  const said: string[] = [];
  const monitor = new KernelMonitor({
    kernel: {
      watch(_, __, families) {
        said.push(`watch ${families?.join()}`);
        return { stop: () => void said.push(`stop ${families?.join()}`) };
      },
    },
    onEvent() {},
    onWatching() {},
  });
  monitor.follow({ pools: [poolOf(4)] });
  monitor.follow({ pools: [poolOf(4), poolOf(4)] });
  monitor.follow({ pools: [poolOf(4), poolOf(6)] });
  monitor.stop();
  expect(said).toEqual(["watch 4", "stop 4", "watch 4,6", "stop 4,6"]);
});
