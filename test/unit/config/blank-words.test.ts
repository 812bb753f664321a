import { describe, expect, test } from "bun:test";

import { parseArguments } from "../../../src/config/arguments.ts";
import { parseConfig } from "../../../src/config/parse.ts";

/** The user documentation's example with DDNS, up to its first comment, as it stands there. */
const DOCUMENTED = String.raw`gateway-route-manager \
  -start-ip 192.168.1.10 \
  -end-ip 192.168.1.15 \
  -ddns-provider dynudns \
  -ddns-password your-api-key \
  -ddns-hostname mygateways.example.com \
  -public-ip-service-port 8000 \
  -public-ip-service-path /v1/ip \
  -ddns-require-ip-address 192.168.1.100 \  # Optional, set if using multiple router instances with VRRP
`;

/** The words that a shell makes of a command. */
function wordsOf(command: string): string[] {
  const script = command.replace("gateway-route-manager", "printf '%s\\0'");
  const { stdout, success } = Bun.spawnSync(["sh", "-c", script]);
  expect(success).toBe(true);
  return stdout.toString().split("\0").slice(0, -1);
}

describe("the blank word that a backslash before a comment leaves", () => {
  const words = wordsOf(DOCUMENTED);

  test("is what the shell makes of the documented example", () => {
    expect(words.at(-1)).toBe(" ");
  });

  test("is left out with a warning, and all other values arrive", () => {
    const { values, problems, warnings, blank } = parseArguments(words);
    expect({ problems, warnings, blank }).toEqual({
      problems: [],
      blank: [words.length - 1],
      warnings: [
        {
          detail: expect.stringContaining("the command ends at that line"),
          remedy: expect.stringContaining("remove what follows the backslash"),
        },
      ],
    });
    expect(parseConfig(values, { environment: {}, readFile: () => "" })).toMatchObject({
      ok: true,
      config: {
        publicIp: { publicIpServicePath: "/v1/ip" },
        pools: [{ dnsNames: [{ ddnsPassword: "your-api-key" }] }],
      },
    });
  });
});

test.each([[""], [" "], ["\t \n"], ["\u00a0"]])("a word of nothing but blanks is left out: %p", (word) => {
  const { values, problems, warnings } = parseArguments([word, "-port", "80", word, "--", word]);
  expect({ values, problems }).toEqual({ values: { port: "80" }, problems: [] });
  expect(warnings).toHaveLength(1);
});

test("a blank word after a flag is its value", () => {
  expect(parseArguments(["-path", "", "-ddns-username", " "])).toEqual({
    values: { path: "", "ddns-username": " " },
    free: [],
    information: undefined,
    problems: [],
  });
});

test("a blank word hides no fault", () => {
  const { problems, warnings } = parseArguments([" ", "stray", "-prot", "80"]);
  expect(problems).toEqual([expect.stringContaining('"stray"'), expect.stringContaining('"-prot"')]);
  expect(warnings).toHaveLength(1);
});
