import { afterEach, describe, expect, spyOn, test } from "bun:test";

import fc from "fast-check";

import { parseConfig } from "../../../src/config/parse.ts";
import { excerpt, redact } from "../../../src/text/redact.ts";
import { createLookUp } from "../../../src/ddns/look-up.ts";

const SECRET = "hunter2";

describe("an excerpt", () => {
  test("is in quotes, on one line, and short", () => {
    expect(excerpt("1.2.3")).toBe('"1.2.3"');
    expect(excerpt('a"\n\x1b[31m\u2028')).toBe('"a\\"\\n\\u001b[31m\\u2028"');
    expect(excerpt("x".repeat(100_000))).toMatch(/^"x{50,200}\.\.\."$/);
  });

  test("shows no secret, wherever it stands, where the text is cut too", () => {
    const anyText = fc.string({ unit: fc.constantFrom("a", "b", '"', "\\", " ") });
    const anySecret = anyText.filter((text) => text.trim().length > 3);
    fc.assert(
      fc.property(fc.nat(150), anySecret, anyText, (before, secret, after) => {
        for (const echo of [secret, JSON.stringify({ echo: secret })]) {
          const shown = JSON.parse(excerpt(`${"x".repeat(before)}${echo}${after}`, [secret])) as string;
          expect(shown).not.toContain(secret);
          expect(shown).not.toContain(JSON.stringify(secret).slice(1, -1));
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("cut within a secret shows no half of it", () => {
    const secret = "s3cr3t-0123456789-abcdefghijklmnopqrstuvwxyz";
    for (let before = 0; before < 200; before++) {
      const shown = excerpt(`${"x".repeat(before)}${secret}${"y".repeat(200)}`, [secret]);
      expect(shown).not.toContain("s3c");
      expect(shown).not.toContain("xyz");
    }
  });

  test("shows no rest of a secret that begins with another one", () => {
    expect(redact("key=abcdef", ["abc", "abcdef"])).not.toContain("def");
  });
});

test("a secret of spaces alone hides nothing", () => {
  expect(redact("status 401: wrong key", [" ", ""])).toBe("status 401: wrong key");
});

describe("a service that echoes what it was sent", () => {
  let restore = (): void => {};
  afterEach(() => restore());

  /** The result of a look-up at a service that sends the request's headers back in JSON. */
  async function resultOf(flags: Record<string, string>): Promise<string> {
    const range = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.1" };
    const parsed = parseConfig({ ...range, ...flags }, { environment: {}, readFile: () => "" });
    if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
    const echo = async (_: unknown, init?: RequestInit): Promise<Response> => {
      const { authorization, "x-api-key": key } = Object.fromEntries(new Headers(init!.headers));
      return Response.json({ authorization, key });
    };
    const spy = spyOn(globalThis, "fetch").mockImplementation(Object.assign(echo, { preconnect: () => {} }));
    restore = () => spy.mockRestore();
    return JSON.stringify(await createLookUp(parsed.config.publicIp)("10.0.0.1", new AbortController().signal));
  }

  test("brings no key into the log", async () => {
    const result = await resultOf({ "public-ip-service-api-key": SECRET });
    expect(result).toContain("the answer has none of");
    expect(result).not.toContain(SECRET);
  });

  test("brings no password into the log, nor what stands for it in the request", async () => {
    const result = await resultOf({ "public-ip-service-username": "u", "public-ip-service-password": SECRET });
    expect(result).toContain("the answer has none of");
    expect(result).not.toContain(SECRET);
    expect(result).not.toContain(Buffer.from(`u:${SECRET}`).toString("base64"));
  });
});
