import { describe, expect, test } from "bun:test";

import { accepted, configOf, judge, problemOf, PROVIDER, SECRET } from "./ddns-options.fixture.ts";

describe("-public-ip-service-api-key", () => {
  const FILE = "GRM_PUBLIC_IP_SERVICE_API_KEY_FILE";
  const variable = "GRM_PUBLIC_IP_SERVICE_API_KEY";
  const keyOf = (words: readonly string[], environment: Record<string, string>): string | undefined =>
    accepted(judge(words, environment, (path) => `from ${path}\r\n`)).config.publicIp.publicIpServiceApiKey;

  test("comes from the flag, else from the variable, else from the file", () => {
    const environment = { [variable]: "from the variable", [FILE]: "/file" };
    expect(keyOf(["-public-ip-service-api-key", "from the flag"], environment)).toBe("from the flag");
    expect(keyOf([], environment)).toBe("from the variable");
    expect(keyOf(["-public-ip-service-api-key="], { ...environment, [variable]: "" })).toBe("from /file");
    expect(keyOf([], {})).toBeUndefined();
  });

  test("has no variable of the earlier program, which had no such flag", () => {
    const environment = { PUBLIC_IP_SERVICE_API_KEY: "x", PUBLIC_IP_SERVICE_API_KEY_FILE: "/file" };
    expect(keyOf([], environment)).toBeUndefined();
  });

  test("its file's variable is known", () => {
    expect(accepted(judge([], { [FILE]: "/file" }, () => "key")).warnings).toEqual([]);
  });

  test("stands alone or beside the credentials, and needs neither of them", () => {
    const credentials = ["-public-ip-service-username", "u", "-public-ip-service-password", "p"];
    const key = ["-public-ip-service-api-key", "a B~!\"'"];
    expect(configOf(key).publicIpServiceApiKey).toBe("a B~!\"'");
    expect(configOf([...key, ...credentials]).publicIpServiceApiKey).toBe("a B~!\"'");
  });

  test.each(["\n", "\r\nx-evil: 1", "\t", "\0", "\x7f", "ü", "\u20ac", "\u{1f511}"])(
    "with %j in it is no header, and is not shown",
    (text) => {
      const sources = [
        [["-public-ip-service-api-key", `${SECRET}${text}${SECRET}`], {}],
        [[], { [variable]: `${SECRET}${text}${SECRET}` }],
        [[], { [FILE]: "/file" }],
      ] as const;
      for (const [words, environment] of sources) {
        const problem = problemOf(words, environment, () => `${SECRET}${text}${SECRET}\n`);
        expect(problem).toMatch(
          /^(-public-ip-service-api-key|GRM_PUBLIC_IP_SERVICE_API_KEY\S*) \(not shown\): expected/,
        );
        expect(problem).not.toContain(SECRET);
      }
    },
  );

  test("in a file that cannot be read is a problem that names the file", () => {
    expect(problemOf([], { [FILE]: "/missing" })).toContain(`${FILE} "/missing"`);
  });
});

describe("the key of -ddns-provider", () => {
  test.each(["geheimß", "line\u0085break", "\u{1f511}"])(
    "not %j, which no header can hold, and it is not shown",
    (key) => {
      const readFile = (): string => `${key}\n`;
      const files = { GRM_DDNS_PASSWORD_FILE: "/file" };
      const problems = [problemOf([...PROVIDER, "-ddns-password", key]), problemOf(PROVIDER, files, readFile)];
      for (const problem of problems) {
        expect(problem).toMatch(/-ddns-password.*ASCII/);
        expect(problem).not.toContain(key);
      }
    },
  );

  test("may be anything visible, and anything at all while there is no provider", () => {
    expect(configOf([...PROVIDER, "-ddns-password", "a B~!\"'"]).ddnsPassword).toBe("a B~!\"'");
    expect(judge(["-ddns-password", "geheimß"])).toMatchObject({ ok: true });
  });
});
