import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { parseArguments } from "../../../src/config/arguments.ts";
import { parseConfig, type Surroundings } from "../../../src/config/parse.ts";
import { failureText } from "../../../src/text/failure.ts";

const SECRET = "hunter2";

/** Everything the program would print about a command line and an environment. */
function told(words: readonly string[], surroundings: Partial<Surroundings> = {}): string {
  const { values, problems } = parseArguments(words);
  const parsed = parseConfig(values, { environment: {}, readFile: () => "", ...surroundings });
  return [...problems, ...(parsed.ok ? parsed.warnings.map(failureText) : parsed.problems)].join("\n");
}

describe("a password on the command line is never shown", () => {
  test.each([
    ["accepted", ["-ddns-password", SECRET]],
    ["after an equals sign", [`--public-ip-service-password=${SECRET}`]],
    ["after a misspelt flag", ["-ddns-pasword", SECRET]],
    ["in a misspelt flag", [`-ddns-pasword=${SECRET}`]],
    ["after a misspelt flag, starting with a dash", ["-ddns-pasword", `-${SECRET}`]],
    ["after too many dashes", ["---ddns-password", SECRET]],
    ["after too many dashes and an equals sign", [`---ddns-password=${SECRET}`]],
    ["after a forgotten dash", ["ddns-password", SECRET]],
    ["after a typographic dash", ["\u2013ddns-password", SECRET]],
    ["after an equals sign and a space", ["-ddns-password=", SECRET]],
    ["after a lone equals sign", ["-ddns-password", "=", SECRET]],
    ["in one word with the flag", [`-ddns-password ${SECRET}`]],
    ["after a colon", [`-ddns-password:${SECRET}`]],
    ["as the second of two words without quotes", ["-ddns-password", "correct", SECRET]],
    ["as the third of three words without quotes", ["-ddns-password", "correct", "horse", SECRET]],
    ["after the end of the flags", ["-ddns-password", "correct", "--", SECRET]],
    ["in one word with its flag after the end of the flags", ["--", `-ddns-password=${SECRET}`]],
    ["with its flag after the end of the flags", ["--", "-ddns-password", SECRET]],
    ["with a flag that another one took for its value", ["-public-ip-service-hostname", `-ddns-password=${SECRET}`]],
    ["with a flag that a list took after other values", ["-route=1", "-route", `-ddns-password=${SECRET}`]],
    [
      "with a flag that a list with spaces took after other values",
      ["-through", `icmp:1.1.1.1 -ddns-password ${SECRET}`],
    ],
    ["with a flag that a repeated list took", ["-through=icmp:1.1.1.1", "-through", `-ddns-password=${SECRET}`]],
    ["in a URL", ["-through", `https://user:${SECRET}@a.example/`]],
    ["with a flag that a path took for its value", ["-path", `-ddns-password=${SECRET}`]],
    ["with a flag that a list took for its values", ["-route", `-ddns-password=x,${SECRET}`]],
    ["in the URL of a webhook after a flag that took it", ["-port", `-webhook-url=https://example.com/${SECRET}`]],
    ["in the URL of a webhook after a forgotten dash", ["webhook-url", `https://example.com/${SECRET}`]],
    ["after a number flag that swallowed its flag", ["-port", "-ddns-password", SECRET]],
    ["after a text flag that swallowed its flag", ["-ddns-username", "-ddns-password", SECRET]],
  ])("%s", (_, words) => {
    expect(told(words)).not.toContain(SECRET);
    expect(told(["-start-ip", "10.0.0.1", "-end-ip", "10.0.0.2", ...words])).not.toContain(SECRET);
  });

  test("whatever follows it", () => {
    const flag = fc.constantFrom("-ddns-password", "--public-ip-service-password");
    const secret = fc.constantFrom([SECRET], ["", SECRET]);
    const anything = fc.array(fc.oneof(fc.string(), fc.constantFrom("--", "-port", "-ddns-username", "-x")));
    fc.assert(
      fc.property(flag, secret, anything, (name, words, rest) => {
        expect(told([name, ...words, ...rest])).not.toContain(SECRET);
      }),
    );
  });

  test("with one half of the credentials missing", () => {
    const text = told(["-start-ip", "10.0.0.1", "-end-ip", "10.0.0.2", "-public-ip-service-password", SECRET]);
    expect(text).toContain("-public-ip-service-username");
    expect(text).not.toContain(SECRET);
  });
});

describe("a password in the environment is never shown", () => {
  test.each(["GRM_DDNS_PASSWORD", "DDNS_PASSWORD", "GRM_PUBLIC_IP_SERVICE_PASSWORD", "PUBLIC_IP_SERVICE_PASSWORD"])(
    "%s beside other problems",
    (name) => {
      const text = told(["-port", "x", "-ddns-provider", "dynudns"], { environment: { [name]: SECRET } });
      expect(text).toContain("-port");
      expect(text).not.toContain(SECRET);
    },
  );

  test("in a misspelt variable", () => {
    const range = ["-start-ip", "10.0.0.1", "-end-ip", "10.0.0.2"];
    const text = told(range, { environment: { GRM_DDNS_PASWORD: SECRET } });
    expect(text).toContain("GRM_DDNS_PASWORD");
    expect(text).not.toContain(SECRET);
  });

  test("in a file, beside other problems", () => {
    const environment = { GRM_DDNS_PASSWORD_FILE: "/run/secret", GRM_PORT: "x" };
    const text = told([], { environment, readFile: () => `${SECRET}\n` });
    expect(text).toContain("GRM_PORT");
    expect(text).not.toContain(SECRET);
  });
});

describe("the configuration", () => {
  test.each(["p4ss", "with space", "-dash", "comma,comma", "ünïcode", "quote\"s'", " padded "])(
    "takes the password %p as it stands",
    (secret) => {
      const account = ["-public-ip-service-username", "user", "-public-ip-service-password", secret];
      const words = ["-start-ip", "10.0.0.1", "-end-ip", "10.0.0.2", ...account];
      const parsed = parseConfig(parseArguments(words).values, { environment: {}, readFile: () => "" });
      expect(parsed).toMatchObject({ ok: true, config: { publicIp: { publicIpServicePassword: secret } } });
    },
  );
});
