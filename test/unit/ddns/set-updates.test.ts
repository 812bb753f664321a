import { describe, expect, test } from "bun:test";

import type { Claim, DesiredRecords } from "../../../src/ddns/plan-records.ts";
import { ReadBack } from "../../../src/ddns/read-back.ts";
import { type Outcome, updateRecords } from "../../../src/ddns/update.ts";
import { seeded } from "../../fakes/seeded.ts";
import { FakeRecordSet } from "../../fakes/record-set.ts";

const patient = new AbortController().signal;
const always = { allowed: true, confirm: async () => true };

/** What is desired, with nothing unknown. */
const desiredOf = (...addresses: readonly string[]): DesiredRecords => ({
  addresses,
  unknown: [],
  claimOn: (): Claim => "none",
  mayBeEmpty: addresses.length === 0,
});

/** A router that keeps the set on what it desires. */
class Router {
  desired: DesiredRecords;
  readonly #readBack = new ReadBack();
  readonly #provider: FakeRecordSet;

  constructor(provider: FakeRecordSet, ...desired: readonly string[]) {
    this.#provider = provider;
    this.desired = desiredOf(...desired);
  }

  update(): Promise<Outcome> {
    const options = {
      ttl: 60,
      callLimit: 60_000,
      writeGate: always,
      provider: this.#provider,
      desired: () => this.desired,
    };
    return updateRecords(options, this.#readBack, patient);
  }
}

function open(...old: readonly string[]): FakeRecordSet {
  const set = new FakeRecordSet();
  if (old.length > 0) set.put(old);
  return set;
}

describe("a provider that takes all records at once", () => {
  test("gets all changes in one request, between two reads", async () => {
    const set = open("1.0.0.1", "1.0.0.2");
    const { end, changes } = await new Router(set, "1.0.0.3", "1.0.0.4", "1.0.0.5").update();
    expect(end).toBe("correct");
    expect(changes.map(({ op }) => op)).toEqual(["change", "change", "add"]);
    expect(set.calls).toEqual(["read", "replace", "read"]);
    expect(set.addresses).toEqual(["1.0.0.3", "1.0.0.4", "1.0.0.5"]);
  });

  test("is only read where all is right", async () => {
    const set = open("1.0.0.1");
    expect((await new Router(set, "1.0.0.1").update()).end).toBe("correct");
    expect(set.calls).toEqual(["read"]);
  });

  test("gets another time to live for all of them", async () => {
    const set = open();
    set.put(["1.0.0.1"], 300);
    await new Router(set, "1.0.0.1").update();
    expect([set.addresses, set.ttl]).toEqual([["1.0.0.1"], 60]);
  });

  test("keeps what may be the address of a gateway whose own is unknown", async () => {
    const set = open("1.0.0.1", "1.0.0.2");
    const router = new Router(set);
    router.desired = {
      ...desiredOf("1.0.0.3"),
      unknown: ["10.0.0.1"],
      claimOn: (one) => (one === "1.0.0.1" ? "likely" : "none"),
    };
    const { retained } = await router.update();
    expect(set.addresses).toEqual(["1.0.0.1", "1.0.0.3"]);
    expect(retained).toEqual(["1.0.0.1"]);
  });

  test("loses the last address only where the name may be empty", async () => {
    const set = open("1.0.0.1");
    const router = new Router(set);
    router.desired = { ...desiredOf(), mayBeEmpty: false };
    await router.update();
    expect(set.addresses).toEqual(["1.0.0.1"]);
    router.desired = desiredOf();
    await router.update();
    expect(set.addresses).toEqual([]);
  });

  test("that another router has written meanwhile is left as it is, and read again", async () => {
    const set = open("1.0.0.1");
    const [first, second] = [new Router(set, "1.0.0.2"), new Router(set, "1.0.0.3")];
    const [one, other] = await Promise.all([first.update(), second.update()]);
    expect([one, other].filter(({ end }) => end === "correct")).toHaveLength(1);
    expect([one, other].find(({ end }) => end !== "correct")!.end).toMatchObject({ kind: "passing" });
    expect(set.moments).toHaveLength(3);
  });

  test("with a time to live of its own is accepted after three tries", async () => {
    const set = open();
    set.ownTtl = 900;
    const router = new Router(set, "1.0.0.1");
    const ends = [];
    for (let round = 0; round < 4; round += 1) ends.push((await router.update()).end);
    expect(ends.map((end) => typeof end)).toEqual(["object", "object", "string", "string"]);
    expect(set.calls.filter((call) => call === "replace")).toHaveLength(3);
  });

  test("with a least time to live is written once, and the longer one is reported once", async () => {
    const set = open();
    set.leastTtl = 900;
    const router = new Router(set, "1.0.0.1");
    const outcomes = [await router.update(), await router.update()];
    expect(outcomes.map(({ end, acceptedTtl }) => [end, acceptedTtl])).toEqual([
      ["correct", 900],
      ["correct", undefined],
    ]);
    expect([set.ttl, set.calls]).toEqual([900, ["read", "replace", "read", "read"]]);
  });

  test.each(["refused", "access"] as const)("that declines (%s) is asked once", async (fault) => {
    const set = open("1.0.0.1");
    const replace = set.replace.bind(set);
    set.replace = (...words) => {
      set.fail(fault);
      return replace(...words);
    };
    expect((await new Router(set, "1.0.0.2").update()).end).toMatchObject({ kind: fault });
    expect(set.calls).toEqual(["read", "replace"]);
  });
});

test.each([1, 2, 3])("two routers that write one name in random order never mix their sets (walk %p)", async (seed) => {
  const random = seeded(seed);
  const set = open("9.0.0.1");
  const routers = [1, 2].map((number) => new Router(set, `${number}.0.0.1`));
  const wanted = new Set(["9.0.0.1"]);
  for (let step = 0; step < 500; step += 1) {
    const number = 1 + Math.floor(random() * 2);
    const some = [1, 2, 3].filter(() => random() < 0.6).map((host) => `${number}.0.${step % 250}.${host}`);
    const addresses = some.length > 0 ? some : [`${number}.0.0.1`];
    routers[number - 1]!.desired = desiredOf(...addresses);
    for (const router of routers) wanted.add([...router.desired.addresses].sort().join());
    if (random() < 0.4) set.fail(...(["lost", "answer lost", "refused"] as const).filter(() => random() < 0.5));
    await Promise.all(routers.filter(() => random() < 0.8).map((router) => router.update()));
  }
  for (const { addresses } of set.moments.slice(1)) expect(wanted).toContain([...addresses].sort().join());
  set.heal();
  for (const router of routers) {
    expect((await router.update()).end).toBe("correct");
    expect(set.addresses).toEqual([...router.desired.addresses].sort());
  }
});
