import { describe, expect, test } from "bun:test";

import { correctedEnvironment as correct, runtimeSettings } from "../../src/reexecute.ts";

const SET = runtimeSettings();
const correctedEnvironment = (given: Record<string, string>, settings = SET) => correct(given, settings);

describe("the environment for the runtime", () => {
  test("is right once the settings of the service are in it", () => {
    expect(Object.keys(SET)).toContain("BUN_CONFIG_MAX_HTTP_REQUESTS");
    expect(correctedEnvironment({ ...SET, PATH: "/bin", HTTPS_PROXY: "http://proxy.lan:3128" })).toBeUndefined();
  });

  test.each([
    ...["BUN_INSPECT", "BUN_INSPECT_NOTIFY", "BUN_INSPECT_CONNECT_TO", "BUN_INSPECT_PRELOAD", "BUN_OPTIONS"],
    ...["BUN_BE_BUN", "BUN_JSC_dumpOptions", "BUN_GARBAGE_COLLECTOR_LEVEL", "BUN_CONFIG_VERBOSE_FETCH"],
    ...["NODE_OPTIONS", "NODE_TLS_REJECT_UNAUTHORIZED", "NODE_CHANNEL_FD", "NODE_DEBUG", "MIMALLOC_VERBOSE"],
  ])("lacks %s of a user's shell", (name) => {
    expect(correctedEnvironment({ ...SET, PATH: "/bin", [name]: "1" })).toEqual({ ...SET, PATH: "/bin" });
  });

  test("has the settings of the service instead of other values for them", () => {
    expect(correctedEnvironment({ ...SET, BUN_JSC_useDFGJIT: "1", UV_THREADPOOL_SIZE: "1" })).toEqual(SET);
  });

  test.each(["NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA", "SSL_CERT_FILE", "HTTPS_PROXY", "NODE", "BUN"])(
    "has %s, since it belongs to the administrator",
    (name) => {
      expect(correctedEnvironment({ ...SET, [name]: "1" })).toBeUndefined();
    },
  );

  test("tells the engine of little memory, and of what it is after the limit has changed", () => {
    const limit = 40 * 1024 * 1024;
    const little = runtimeSettings(limit);
    expect(little).toEqual({
      ...SET,
      BUN_JSC_useBaselineJIT: "0",
      BUN_JSC_forceRAMSize: String(limit),
    } as typeof little);
    expect(correctedEnvironment({ ...SET }, little)).toEqual(little);
    expect(correctedEnvironment(little, little)).toBeUndefined();
    expect(correctedEnvironment(little, runtimeSettings())).toEqual(SET);
  });

  test("is the same with much memory as without a limit", () => {
    expect(runtimeSettings(2 ** 30)).toEqual(runtimeSettings());
  });
});
