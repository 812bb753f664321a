import { describe, expect, test } from "bun:test";

import { parseArguments } from "../../../src/config/arguments.ts";
import type { Config, PoolConfig } from "../../../src/config/model.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { checkLeftovers, readLeftovers, withLeftovers } from "../../../src/diagnose/leftovers.ts";
import type { FakeKernel } from "../../fakes/kernel.ts";
import { earlierEntries, earlierRules } from "../../fixtures/earlier-program.ts";
import { kernelWith } from "../routing/plan.fixture.ts";

const GATEWAYS = ["10.0.0.11", "10.0.0.12"];

function config(...words: string[]): Config {
  const { values } = parseArguments(["-start-ip", GATEWAYS[0]!, "-end-ip", GATEWAYS[1]!, ...words]);
  const parsed = parseConfig(values, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
}

/** What `check` says of what the earlier program has left. */
async function findingsOf(kernel: FakeKernel, given = config(), family: 4 | 6 = 4) {
  const observed = [await kernel.observe(180, GATEWAYS)];
  const [leftovers] = await readLeftovers(given, family, observed, kernel);
  return checkLeftovers(leftovers, observed[0]!.policies, given, given.pools[0]);
}

describe("what the earlier program has left", () => {
  const killed = () => kernelWith(...earlierEntries({ gateways: GATEWAYS }));

  test("is an error while its route is there, with the commands that remove it", async () => {
    expect(await findingsOf(killed())).toEqual([
      {
        level: "error",
        topic: "earlier program",
        message:
          "16 rules and 1 route of a run that was killed or stopped; the service adds no rule while its route is there",
        remedy: expect.stringMatching(
          /^stop that program if it still runs, then set -take-over, or remove them: ip rule del pref 10902 lookup 180; for p in/,
        ),
      },
    ]);
  });

  test("is a warning where only its rules are there", async () => {
    expect(await findingsOf(kernelWith(...earlierRules({})))).toMatchObject([{ level: "warning" }]);
  });

  test("is fine with -take-over", async () => {
    expect(await findingsOf(killed(), config("-take-over"))).toEqual([
      {
        level: "ok",
        topic: "earlier program",
        message: "16 rules and 1 route of a run that was killed or stopped; the next start takes them over",
      },
    ]);
  });

  test("is not there in IPv6, nor on a machine where it never ran", async () => {
    expect(await findingsOf(killed(), config(), 6)).toEqual([]);
    expect(await findingsOf(kernelWith())).toEqual([]);
  });

  test("is not taken over by a pool whose neighbour has the table behind its own", async () => {
    const one = config("-take-over");
    const next: PoolConfig = { ...one.pools[0], name: "next", table: 181 };
    const two = { ...one, pools: [one.pools[0], next] as const };
    const [finding] = await findingsOf(killed(), two);
    expect(finding).toMatchObject({ level: "error", remedy: expect.not.stringContaining("-take-over") });
    const kernel = killed();
    const observed = [await kernel.observe(180, GATEWAYS)];
    const left = await readLeftovers(one, 4, observed, kernel);
    expect(withLeftovers(one, observed, left)[0]!.leftovers).toEqual(left[0]);
    expect(withLeftovers(two, observed, left)[0]!.leftovers).toBeUndefined();
  });
});
