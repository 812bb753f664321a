import { describe, expect, test } from "bun:test";

import { answering, failingBeyond, healthyOf, type Probed } from "../../../src/diagnose/gateway-states.ts";
import { LTE, NORWAY, poolsConfig, SWEDEN } from "./pools.fixture.ts";

const MORE = '[probe.other]\ntype = "http"\nport = 8888\n[probe.internet]\ntype = "icmp"\ntargets = ["1.1.1.1"]\n';

/** The file with two probes of gateways and one beyond them; lte has only the latter, and norway is content with any. */
const CONFIG = poolsConfig(MORE, (text) =>
  text.replace('name = "lte"', '$&\nprobes = ["internet"]').replace('name = "norway"', '$&\nrequire = "any"'),
);

/** What a probe has found of sweden and norway. */
function probed(name: string, sweden: boolean, norway: boolean): Probed {
  const one = (gateway: string, isUp: boolean): Probed["probed"][number] => ({
    gateway,
    result: isUp
      ? { kind: "success", seconds: 0, detail: "" }
      : { kind: "failure", seconds: 0, code: "refused", detail: "" },
  });
  return { probe: { name }, probed: [one(SWEDEN, sweden), one(NORWAY, norway)] };
}

describe("gateways with several probes", () => {
  test("are healthy by all of their own probes, or by any where that is enough", () => {
    const healthy = (...given: Parameters<typeof probed>[]) =>
      healthyOf(
        CONFIG,
        given.map((one) => probed(...one)),
      );
    expect(healthy(["health", true, true], ["other", true, true])).toEqual(new Set([SWEDEN, NORWAY]));
    expect(healthy(["health", true, true], ["other", false, false])).toEqual(new Set([NORWAY]));
    expect(healthy(["health", false, false], ["other", false, false])).toEqual(new Set());
  });

  test("answer where no probe of their own is against it", () => {
    expect(answering(CONFIG, [probed("health", true, false)], new Set([SWEDEN]))).toEqual([SWEDEN, LTE]);
    expect(answering(CONFIG, [], new Set())).toEqual([SWEDEN, NORWAY, LTE]);
  });

  test("fail by what lies beyond them, unless another probe is enough", () => {
    const all = new Set([SWEDEN, NORWAY, LTE]);
    expect(failingBeyond(CONFIG, { up: new Set(), down: all })).toEqual(new Set([SWEDEN, LTE]));
    expect(failingBeyond(CONFIG, { up: all, down: new Set() })).toEqual(new Set());
  });
});
