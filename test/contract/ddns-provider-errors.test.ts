import { describe, expect, test } from "bun:test";

import { endsOf, failureOf, isWrite, patient, perform, PROVIDERS } from "./ddns-provider.fixture.ts";

describe.each(PROVIDERS)("%s", (_, provider) => {
  const { open, steps, faults } = provider;

  test.each(faults.map((row) => [row.name, row] as const))("%s", async (__, { fault, reads, writes }) => {
    expect(await endsOf(provider, fault, ({ kind }) => kind)).toEqual(
      steps.map((step) => ({ ...step, end: isWrite(step) ? writes : reads })),
    );
  });

  test("a request that fails is not repeated, and the next one works", async () => {
    for (const { operation, call } of steps) {
      using bench = open();
      bench.fake.fail({ kind: "http", status: 500 }, { call });
      await failureOf(perform(bench, operation));
      expect(bench.fake.requests.filter((request) => request.call === call)).toHaveLength(1);
      await perform(bench, operation);
      expect(bench.fake.requests.at(-1)?.answer).toBe(200);
    }
  });

  test("a fault of unknown form is a ProviderError too", async () => {
    const odd = [
      { statusCode: "401" },
      { exception: null },
      { exception: [] },
      { type: 5, statusCode: 501 },
      { id: {} },
    ];
    for (const fields of odd) {
      const fault = {
        kind: "http",
        status: 418,
        body: JSON.stringify(fields),
        contentType: "application/json",
      } as const;
      await endsOf(provider, fault, ({ message }) => expect(message).not.toContain("[object"));
    }
  });

  test("an invalid record fails the whole list, so that nothing is planned with half of it", async () => {
    using bench = open();
    const record = {
      id: 1,
      hostname: bench.fake.hostname,
      recordType: "A",
      ttl: 60,
      state: true,
      ipv4Address: "1.0.0.1",
    };
    const odd = [{ id: null }, { id: "x" }, { id: 1.5 }, { ipv4Address: "1.0.0" }];
    for (const fields of odd) {
      const body = JSON.stringify({ statusCode: 200, dnsRecords: [record, { ...record, ...fields }] });
      bench.fake.fail({ kind: "garbage", body }, { call: "list" });
      expect((await failureOf(bench.provider.list(patient))).kind).toBe("passing");
    }
  });

  describe("abort", () => {
    const stalls = [{ kind: "hang" } as const, { kind: "slow", ms: 60_000 } as const];

    test.each(stalls.map((fault) => [fault.kind, fault] as const))(
      "ends a request that would %s",
      async (__, fault) => {
        for (const { operation, call } of steps) {
          using bench = open();
          bench.fake.fail(fault, { call });
          const { signal, abort } = abortable();
          const arrived = bench.fake.next(call, "arrived");
          const failure = failureOf(perform(bench, operation, signal));
          await arrived;
          abort();
          expect((await failure).kind).toBe("passing");
          expect(bench.fake.requests.at(-1)?.answer).not.toBeNumber();
        }
      },
      10_000,
    );

    test("by a timeout is reported as one", async () => {
      using bench = open({}, { timeout: 50 });
      bench.fake.fail({ kind: "hang" });
      const failure = await failureOf(bench.provider.list(AbortSignal.timeout(50)));
      const detail = expect.stringContaining("timeout after 50ms");
      expect(failure).toMatchObject({ kind: "passing", code: "timeout", detail, remedy: undefined });
    });

    test("by the caller is reported as one", async () => {
      using bench = open();
      bench.fake.fail({ kind: "hang" });
      const { signal, abort } = abortable();
      const arrived = bench.fake.next("getroot", "arrived");
      const failure = failureOf(bench.provider.list(signal));
      await arrived;
      abort();
      expect((await failure).message).toMatch(/abort|cut off|cancel|interrupt/i);
    });

    test("beforehand sends nothing", async () => {
      for (const { operation } of steps) {
        using bench = open();
        expect((await failureOf(perform(bench, operation, AbortSignal.abort()))).kind).toBe("passing");
        expect(bench.fake.requests).toEqual([]);
      }
    });
  });
});

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
