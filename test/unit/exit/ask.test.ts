import { afterEach, expect, test } from "bun:test";
import dns from "node:dns/promises";

import { createAskExit } from "../../../src/exit/ask.ts";

const { lookup } = dns;
afterEach(() => void (dns.lookup = lookup));

test("when all services fail, the failure is the same whichever was asked first, so that it is logged once", async () => {
  const unknown = Object.assign(new Error("ENOTFOUND"), { code: "ENOTFOUND" });
  dns.lookup = ((host: string) => (host === "one.example" ? Promise.reject(unknown) : new Promise(() => {}))) as never;
  const urls = ["https://one.example/", "https://two.example/"];
  const ask = createAskExit({ urls, timeout: 20, allowPrivate: false });
  const expected = {
    kind: "failure",
    code: "unresolved",
    detail: "one.example: the host name cannot be resolved (ENOTFOUND); two.example: timeout after 20ms",
  };
  for (let turn = 0; turn < 2; turn++) {
    expect(await ask({ mark: 1 }, new AbortController().signal)).toMatchObject(expected);
  }
});

test("another service is asked first each time", async () => {
  const asked: string[] = [];
  dns.lookup = ((host: string) => (asked.push(host), Promise.reject(new Error("no answer")))) as never;
  const urls = ["https://one.example/", "https://two.example/"];
  const ask = createAskExit({ urls, timeout: 1000, allowPrivate: false });
  for (let turn = 0; turn < 2; turn++) await ask({ mark: 1 }, new AbortController().signal);
  expect(asked).toEqual(["one.example", "two.example", "two.example", "one.example"]);
});
