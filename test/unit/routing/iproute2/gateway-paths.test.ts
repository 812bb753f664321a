import { describe, expect, test } from "bun:test";

import { parsePaths } from "../../../../src/routing/iproute2/gateway-paths.ts";

const TABLE = 180;
const answer = (fields: object): string => JSON.stringify([{ dst: "10.0.0.11", dev: "v0", flags: [], ...fields }]);
const faultOf = (...answers: string[]) => parsePaths(["10.0.0.11"], answers, TABLE).unusable[0]?.fault;

describe("a gateway", () => {
  test("on the link has no fault, and its interface", () => {
    expect(faultOf(answer({ type: "1" }))).toBeUndefined();
    expect([...parsePaths(["10.0.0.11"], [answer({ type: "1" })], TABLE).devices]).toEqual([["10.0.0.11", "v0"]]);
  });

  test.each([
    ["own-address", "of this machine", answer({ type: "2", dev: "lo", table: "255" })],
    ["not-unicast", "broadcast", answer({ type: "3", table: "255" })],
    ["not-connected", "10.0.0.99", answer({ type: "1", gateway: "10.0.0.99" })],
  ])("has the fault %s and no interface when its route is %s", (code, part, text) => {
    expect(faultOf(text)).toEqual({ code, detail: expect.stringContaining(part) } as ReturnType<typeof faultOf>);
    expect(parsePaths(["10.0.0.11"], [text], TABLE).devices.size).toBe(0);
  });

  test("has the fault no-route without an answer", () => {
    expect(faultOf()?.code).toBe("no-route");
    expect(faultOf(JSON.stringify([{ dst: "10.0.0.12", dev: "v0" }]))?.code).toBe("no-route");
  });

  test("has neither fault nor interface by an answer from our own table", () => {
    const own = answer({ type: "1", gateway: "10.0.0.12", table: String(TABLE) });
    expect(faultOf(own)).toBeUndefined();
    expect(parsePaths(["10.0.0.11"], [own], TABLE).devices.size).toBe(0);
  });
});
