import { expect, test } from "bun:test";

import { hostRulesOf } from "../../../src/service/http-port.ts";

test("the port answers under the names of -allowed-host and that of this machine, and reports others", () => {
  const rejections: unknown[] = [];
  const add = (...rejection: readonly unknown[]) => void rejections.push(rejection);
  const { allowed, onRejected } = hostRulesOf({ allowedHost: ["a.example.com"] }, { add }, "Router.Example.com");
  expect(allowed).toEqual(["a.example.com", "router.example.com"]);
  onRejected!("evil.example.net", "192.0.2.1");
  expect(rejections).toEqual([["host", "192.0.2.1", "evil.example.net"]]);
});
