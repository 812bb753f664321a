/** What others of the machine could see or change: secrets on the command line, and variables of the runtime. */
import { describe, expect, test } from "bun:test";

import { exposedSecrets } from "../../../src/config/exposed-secrets.ts";
import { optionList, variableOf } from "../../../src/config/options.ts";
import { noteOfRemoved, removedVariables } from "../../../src/config/runtime-variables.ts";

describe("a secret on the command line", () => {
  const secrets = optionList.filter(({ secret }) => secret).map((option) => [option.flag, variableOf(option)] as const);

  test.each(secrets)("is warned of, with the variables that have it instead: %s", (flag, variable) => {
    const [warning, ...more] = exposedSecrets({ [flag]: "https://me:secret@hook.example/", port: "80" });
    expect(more).toEqual([]);
    expect(warning!.detail).toBe(`-${flag} is on the command line, where every user of this machine can read it`);
    expect(warning!.remedy).toContain(`set ${variable}_FILE to a file`);
    expect(JSON.stringify(warning)).not.toContain("me:secret");
  });

  test("is none where the flag is empty, which switches it off", () => {
    expect(exposedSecrets({ "ddns-password": "", "ddns-hostname": "gw.example.com" })).toEqual([]);
  });
});

describe("variables of the runtime that a start removes", () => {
  const OWN = { BUN_CONFIG_MAX_HTTP_REQUESTS: "65336" };
  const texts = (given: Record<string, string>): string[] =>
    removedVariables(noteOfRemoved(given, OWN)).map(({ detail, remedy }) => `${detail}; ${remedy}`);

  test.each([
    ...["NODE_TLS_REJECT_UNAUTHORIZED", "NODE_OPTIONS", "NODE_DEBUG", "NODE_CHANNEL_FD", "SSLKEYLOGFILE"],
    ...["BUN_BE_BUN", "BUN_OPTIONS", "BUN_INSPECT", "BUN_INSPECT_PRELOAD", "BUN_CONFIG_VERBOSE_FETCH", "BUN_JSC_x"],
  ])("are named: %s", (name) => {
    expect(texts({ [name]: "0" })).toEqual([
      expect.stringContaining(`removed from the environment, since no service obeys them: ${name}; remove them where `),
    ]);
  });

  test("have the legitimate way beside them where they turn off the check of certificates", () => {
    expect(texts({ NODE_TLS_REJECT_UNAUTHORIZED: "0" })[0]).toContain("set NODE_EXTRA_CA_CERTS to its file");
    expect(texts({ BUN_OPTIONS: "--smol" })[0]).not.toContain("NODE_EXTRA_CA_CERTS");
  });

  test.each([
    ...["NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA", "SSL_CERT_FILE", "https_proxy", "PATH"],
    ...["NODE_ENV", "NODE_VERSION", "BUN_INSTALL", "BUN_INSTALL_BIN", "MIMALLOC_VERBOSE", ...Object.keys(OWN)],
  ])("are not named where they are an administrator's, an image's or the service's own: %s", (name) => {
    expect(texts({ [name]: "1" })).toEqual([]);
  });

  test("are no text of another program's choice", () => {
    expect(removedVariables({ GATEWAY_ROUTE_MANAGER_REMOVED: "\x1b[31m BUN_A;reboot PATH" })).toEqual([]);
  });
});
