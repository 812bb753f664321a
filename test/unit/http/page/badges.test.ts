import { describe, expect, test } from "bun:test";

import { iconOf, titleOf } from "../../../../src/http/page/tab.ts";
import {
  ddnsBadge,
  gatewayBadge,
  kernelBadge,
  verdictBadge,
  needsAttention,
} from "../../../../src/http/page/badges.ts";
import type { Gateway, Status } from "../../../../src/status/schema.ts";

const verdict = (word: string, ok = true) => ({ verdict: word, service: { alive: { ok, why: "" } } }) as Status;

describe("the badge", () => {
  test("of a gateway that stands by for its tier is quiet", () => {
    const gateway = { state: "up", carriesTraffic: false, held: null, standby: true } as const;
    expect(gatewayBadge(gateway)).toEqual({ tone: "quiet", text: "up, stands by" });
    expect(needsAttention(gateway)).toBe(false);
  });

  test.each([
    [verdict("healthy"), "good", "healthy"],
    [verdict("degraded"), "doubtful", "degraded"],
    [verdict("down"), "bad", "down"],
    [verdict("healthy", false), "bad", "hangs"],
    [verdict("on fire"), "doubtful", "on fire"],
  ] as const)("of the verdict of %j is %s: %s", (status, tone, text) => {
    expect(verdictBadge(status)).toEqual({ tone, text });
  });

  test.each([
    ["up", true, null, "good", "up"],
    ["up", false, null, "doubtful", "up, not in use"],
    ["up", false, { losses: 3, remainingSeconds: 9 }, "doubtful", "up, in flap hold"],
    ["down", false, null, "bad", "down"],
    ["down", true, null, "bad", "down, still in use"],
    ["unknown", false, null, "quiet", "not probed yet"],
    ["constructor", false, null, "doubtful", "constructor"], // a state that this page does not know
  ] as const)(
    "of a gateway that is %s (in use: %p, flap hold: %j) is %s: %s",
    (state, carriesTraffic, held, tone, text) => {
      const gateway = { state: state as Gateway["state"], carriesTraffic, held };
      expect(gatewayBadge(gateway)).toEqual({ tone, text });
      expect(needsAttention(gateway)).toBe(tone === "bad" || tone === "doubtful");
    },
  );

  test.each([
    [{ ok: true, onDuty: true }, "good"],
    [{ ok: false, onDuty: true }, "bad"],
    [{ ok: null, onDuty: null }, "quiet"],
    [{ ok: false, onDuty: false }, "quiet"],
  ] as const)("of the DNS records %j is %s", (ddns, tone) => {
    expect(ddnsBadge(ddns).tone).toBe(tone);
  });

  test("of the kernel follows its report", () => {
    expect(kernelBadge({ ok: true, why: "right" })).toEqual({ tone: "good", text: "right" });
    expect(kernelBadge({ ok: false, why: "wrong" })).toEqual({ tone: "doubtful", text: "wrong" });
  });
});

test("the tab shows the verdict by icon and by title", () => {
  const icons = (["good", "doubtful", "bad", "quiet"] as const).map(iconOf);
  expect(new Set(icons).size).toBe(4);
  for (const icon of icons) expect(icon).toMatch(/^data:image\/svg\+xml,%3Csvg[^#<>" ]*$/);
  expect(titleOf({ tone: "bad", text: "down" }, "router:9090")).toBe("Down · router:9090 · gateway-route-manager");
});
