import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import { redirectOf, redirectReason } from "../../../src/fetch/redirect.ts";

const ASKED = "http://192.168.1.10:9999/status?deep=1";
const to = (location: string | null, status = 302) => redirectOf(status, location, ASKED);

describe("a redirect", () => {
  test.each([
    ["/login", "path", "/login"],
    ["login", "path", "/login"],
    ["?deep=2", "path", "/status?..."],
    ["http://192.168.1.10:9999/login#top", "path", "/login"],
    ["/login?next=/status&token=hunter2", "path", "/login?..."],
    ["//192.168.1.10:9999/login", "path", "/login"],
    ["", undefined, undefined],
    ["/status?deep=1", "nothing", "/status?..."],
    ["#top", "nothing", "/status?..."],
    ["http://192.168.1.10/", "port", "http://192.168.1.10/"],
    ["https://192.168.1.10/", "scheme", "https://192.168.1.10/"],
    ["https://192.168.1.10:9999/status", "scheme", "https://192.168.1.10:9999/status"],
    ["https://user:hunter2@portal.example:8443/in?s=hunter2", "host", "https://portal.example:8443/in?..."],
    ["//portal.example", "host", "http://portal.example/"],
    ["https://größe.example/ü", "host", "https://xn--gre-6ka8i.example/%C3%BC"],
    ["http://[", "unknown", '"http://["'],
    ["javascript:alert(1)", "unknown", '"javascript:alert(1)"'],
    ["http://\u001b[2J/", "unknown", String.raw`"http://\u001b[2J/"`],
  ] as const)("to %p changes the %s and leads to %s", (location, change, target) => {
    expect(to(location)?.change).toBe(change as never);
    expect(to(location)?.target).toBe(target as never);
  });

  test.each([301, 302, 303, 307, 308])("has the status %d", (status) => {
    expect(redirectReason(to("/login", status)!)).toBe(`status ${status} to /login: redirects are not followed`);
  });

  test.each([200, 204, 300, 304, 305, 306, 309, 400, 503])("does not have the status %d", (status) => {
    expect(to("/login", status)).toBeUndefined();
  });

  test("has a target", () => {
    expect([to(null), redirectOf(302, undefined, ASKED)]).toEqual([undefined, undefined]);
  });

  test("is short and on one line, whatever its target", () => {
    const locations = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.webUrl(), fc.webPath());
    fc.assert(
      fc.property(locations, fc.constantFrom("", "/", "http://", "https://x.example/"), (location, start) => {
        const redirect = to(start + location);
        if (redirect === undefined) return;
        const reason = redirectReason(redirect);
        expect(reason.length).toBeLessThan(700); // each character of 80 may be escaped
        expect(reason).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
        expect(reason).not.toContain("\n");
      }),
    );
  });

  test("of a long target has its beginning", () => {
    const redirect = to(`/${"a".repeat(5000)}`)!;
    expect(redirect.target).toHaveLength(80);
    expect(redirect.target).toEndWith("…");
  });
});
