import { describe, expect, test } from "bun:test";

import { drainLines, drainProblems, listText } from "../../../src/cli/drain-text.ts";
import type { DrainResult } from "../../../src/service/drain-answers.ts";

const SWEDEN = { address: "10.77.0.10", name: "sweden" };
const NORWAY = { address: "10.77.0.11", name: "norway" };
const LTE = { address: "10.77.0.12" };
const kernel = { ok: true, why: "the kernel holds what it should" };

const result = (more: Partial<DrainResult> = {}): DrainResult => ({
  gateway: SWEDEN,
  changed: true,
  pools: [{ pool: null, before: [SWEDEN, NORWAY], after: [NORWAY], kernel }],
  unstored: null,
  ...more,
});

describe("what a drain has changed", () => {
  test("is the gateway, and what is in use", () => {
    expect(drainLines(result(), true)).toEqual([
      "sweden (10.77.0.10) is drained",
      "  in use: norway (10.77.0.11) (no longer sweden (10.77.0.10))",
    ]);
    const pools = [{ pool: null, before: [NORWAY], after: [SWEDEN, NORWAY], kernel }];
    expect(drainLines(result({ pools }), false)).toEqual([
      "sweden (10.77.0.10) is not drained any more",
      "  in use: sweden (10.77.0.10), norway (10.77.0.11) (new sweden (10.77.0.10))",
    ]);
  });

  test("names each pool, and gateways that take its place", () => {
    const pools = [
      { pool: "vpn", before: [SWEDEN], after: [LTE], kernel },
      { pool: "rest", before: [NORWAY], after: [NORWAY], kernel },
      { pool: "guests", before: [SWEDEN], after: [], kernel },
    ];
    expect(drainLines(result({ pools }), true).slice(1)).toEqual([
      "  pool vpn: in use: 10.77.0.12 (no longer sweden (10.77.0.10), new 10.77.0.12)",
      "  pool rest: in use: norway (10.77.0.11) (no change)",
      "  pool guests: in use: none (no longer sweden (10.77.0.10))",
    ]);
  });

  test("is nothing where it was so before", () => {
    const same = result({ changed: false, pools: [] });
    expect(drainLines(same, true)).toEqual(["sweden (10.77.0.10) is drained already; nothing was changed"]);
    expect(drainLines(same, false)).toEqual(["sweden (10.77.0.10) is not drained; nothing was changed"]);
  });
});

test("what is not as it should be is said: of the kernel for each pool, and of the file", () => {
  const open = { ok: false, why: "another program keeps undoing entries of this service" };
  const pools = [
    { pool: "vpn", before: [], after: [], kernel: open },
    { pool: null, before: [], after: [], kernel: open },
  ];
  expect(drainProblems(result())).toEqual([]);
  expect(drainProblems(result({ pools, unstored: "cannot write it" }))).toEqual([
    "pool vpn: not in the kernel yet: another program keeps undoing entries of this service",
    "not in the kernel yet: another program keeps undoing entries of this service",
    "a restart forgets this: cannot write it",
  ]);
});

test("gateways are listed as words that no shell expands", () => {
  const listed = ["a.b-c_1", "10.0.0.1", "$(reboot)", "a b", "`x`", "", "a\nb", "~"].map((label) => ({
    label,
    drained: true,
  }));
  expect(listText(listed, "undrain")).toBe("a.b-c_1\n10.0.0.1\n");
  expect(listText(listed, "drain")).toBe("");
});
