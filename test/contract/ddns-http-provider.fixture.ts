import { describe, expect, test } from "bun:test";

import type { DdnsProvider, ProviderError, ProviderErrorKind } from "../../src/ddns/providers/provider.ts";
import type { FakeHttpApi, HttpFault } from "../fakes/http-api.ts";
import { failureOf, patient, textOf } from "./ddns-provider.fixture.ts";

/** A provider with an HTTP API, and the fake behind it. */
export interface HttpBench {
  readonly provider: DdnsProvider;
  readonly fake: FakeHttpApi & { readonly secret: string };
}

type FailureRow = [name: string, fault: HttpFault, reads: ProviderErrorKind, writes: ProviderErrorKind];

export interface HttpProviderRow {
  /** @param password another one than the right one */
  readonly open: (password?: string) => HttpBench;
  /** The method of the request that writes the first records of a name. */
  readonly writes: string;
  /** An answer of the provider that declines a request, in its own words. */
  readonly decline: (status: number, words: string) => HttpFault & { readonly body: string };
  /** What the provider declines, by its documentation, and what that means for a read and for a write. */
  readonly declined: readonly FailureRow[];
  /** Bodies with status 200 that are no records. */
  readonly garbage: readonly string[];
}

/** Reads the records. */
export function read({ provider }: HttpBench, signal = patient): Promise<unknown> {
  return provider.kind === "set" ? provider.read(signal) : provider.list(signal);
}

/** Writes the first record. */
export function write({ provider }: HttpBench, signal = patient): Promise<unknown> {
  const [address, ttl] = ["8.0.0.8", 600];
  return provider.kind === "set"
    ? provider.replace({ addresses: [address], ttl }, [], signal)
    : provider.add({ address, ttl }, signal);
}

/** Tests what holds for failures of every provider with an HTTP API. */
export function testFailures({ open, writes, decline, declined, garbage }: HttpProviderRow): void {
  const bothWith = async (fault: HttpFault): Promise<readonly [ProviderError, ProviderError]> => {
    const [reader, writer] = [open(), open()];
    reader.fake.fail("GET", fault);
    writer.fake.fail(writes, fault);
    return [await failureOf(read(reader)), await failureOf(write(writer))];
  };

  describe("a failure", () => {
    test.each<FailureRow>([
      ...declined,
      ["a fault of the server", decline(500, "Oops"), "passing", "passing"],
      ["too many requests", decline(429, "Slow down"), "passing", "passing"],
      ["a page of a proxy, 403", { status: 403, body: "<html>" }, "passing", "passing"],
      ["a page of a proxy, 401", { status: 401, body: "<html>" }, "passing", "passing"],
      ["a redirect", { status: 302, body: "", headers: { location: "https://else.invalid/" } }, "passing", "passing"],
      ["a cut", { cut: "before" }, "passing", "passing"],
    ])("%s", async (_, fault, reads, writing) => {
      expect((await bothWith(fault)).map(({ kind }) => kind)).toEqual([reads, writing]);
    });

    test("is in the words of the provider, with the status", async () => {
      for (const { detail } of await bothWith(decline(400, "Nope."))) expect(detail).toMatch(/400 .*Nope\./);
    });

    test("has the wait that the provider asks for", async () => {
      for (const { retryAfter } of await bothWith({ ...decline(429, "Slow down"), headers: { "retry-after": "77" } })) {
        expect(retryAfter).toBe("77");
      }
    });

    test("of a wrong key is access, names the option, and shows no key", async () => {
      const failure = await failureOf(read(open("wr0ng-key-wr0ng-key")));
      expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining("-ddns-password") });
      expect(textOf(failure)).not.toContain("wr0ng-key");
    });

    test("shows no key that is echoed", async () => {
      const { secret } = open().fake;
      const failures = await bothWith(decline(400, `bad ${secret}`));
      for (const failure of failures) {
        expect(failure.detail).toContain("bad ");
        expect(textOf(failure)).not.toContain(secret);
      }
    });

    test.each(garbage)("records that are none are passing: %s", async (body) => {
      const bench = open();
      bench.fake.fail("GET", { status: 200, body });
      expect((await failureOf(read(bench))).kind).toBe("passing");
    });

    test("beyond the allowance is passing, and nothing is written", async () => {
      const bench = open();
      await read(bench);
      bench.fake.allowance = 0;
      expect((await failureOf(write(bench))).kind).toBe("passing");
      bench.fake.allowance = Infinity;
      expect(await write(bench).then(() => "written")).toBe("written");
    });

    test("of a write whose success a cut has hidden shows in the next read", async () => {
      const bench = open();
      bench.fake.fail(writes, { cut: "after" });
      expect(await failureOf(write(bench))).toMatchObject({ kind: "passing", code: "reset" });
      const found = await read(bench);
      expect(JSON.stringify(found)).toContain("8.0.0.8");
    });
  });
}
