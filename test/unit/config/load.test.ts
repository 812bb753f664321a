import { describe, expect, test } from "bun:test";

import { loadConfig } from "../../../src/config/load.ts";
import { assignPlaces } from "../../../src/config/pool-places.ts";
import { parseConfig, type ParsedConfig, type Surroundings } from "../../../src/config/parse.ts";

const FILE = `[service]\nmetrics-port = 9091\n[[gateway]]\naddress = "10.0.0.1"\n`;
const WRONG = `[service]\nmetrics-port = 9091\nlog-level = "loud"\n[[gateway]]\n`;

const surroundings: Surroundings = { environment: {}, readFile: () => "pw" };

/** With files by their paths. */
function withFiles(files: Readonly<Record<string, string>>, more: Partial<Surroundings> = {}): Surroundings {
  const readConfig = (path: string): string => {
    if (files[path] === undefined) throw new Error("no such file");
    return files[path];
  };
  return { ...surroundings, readConfig, ...more };
}

const serviceOf = (parsed: ParsedConfig) => (parsed.ok ? parsed.config.service : parsed.problems);

describe("without -config", () => {
  test("flags and variables are all there is", async () => {
    const flags = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.2" };
    expect(await loadConfig(flags, surroundings)).toEqual(parseConfig(flags, surroundings));
  });
});

describe("with -config", () => {
  test("the file is read, whether a flag or a variable names it", async () => {
    const files = withFiles({ "/a.toml": FILE }, { environment: { GRM_CONFIG: "/a.toml" } });
    const byFlag = await loadConfig({ config: "/a.toml" }, withFiles({ "/a.toml": FILE }));
    expect(serviceOf(byFlag)).toMatchObject({ metricsPort: 9091, config: "/a.toml" });
    expect(await loadConfig({}, files)).toEqual(byFlag);
    expect(byFlag.ok && byFlag.config.gateways).toEqual([
      { address: "10.0.0.1", probes: ["http"], requirement: "all" },
    ]);
  });

  test("a file that cannot be read is an error that says how it was given", async () => {
    const environment = { GRM_CONFIG: "/b.toml" };
    expect(await loadConfig({ config: "/a.toml" }, withFiles({}))).toEqual({
      ok: false,
      problems: ['-config "/a.toml": cannot be read (no such file)'],
    });
    expect(serviceOf(await loadConfig({}, withFiles({}, { environment })))).toEqual([
      expect.stringMatching(/^GRM_CONFIG "\/b.toml": /),
    ]);
  });

  test("an empty name is an error, and an empty flag turns the variable off", async () => {
    const environment = { GRM_CONFIG: "/a.toml", GRM_START_IP: "10.0.0.1", GRM_END_IP: "10.0.0.2" };
    const parsed = await loadConfig({ config: "" }, withFiles({}, { environment }));
    expect(serviceOf(parsed)).toMatchObject({ metricsPort: 9090 });
    expect(serviceOf(await loadConfig({ config: "a\nb" }, withFiles({})))).toContainEqual(
      expect.stringMatching(/^-config "a\\nb": expected the path of a file/),
    );
  });

  test("flags of pools are an error, also where the file is not read", async () => {
    const flags = { config: "/a.toml", port: "1" };
    const beside = expect.stringMatching(/^-port beside -config "\/a.toml": /);
    expect(serviceOf(await loadConfig(flags, withFiles({ "/a.toml": FILE })))).toEqual([beside]);
    expect(serviceOf(await loadConfig(flags, { ...surroundings, partial: true }))).toEqual([beside]);
    expect(serviceOf(await loadConfig({ config: "/a.toml" }, { ...surroundings, partial: true }))).toMatchObject({
      config: "/a.toml",
      metricsPort: 9090,
    });
  });
});

describe("a command that asks the running service", () => {
  const ofService = { partial: true, serviceAlone: true } as const;

  test("takes what it can from a file with problems, since that service runs on", async () => {
    const files = withFiles({ "/a.toml": WRONG, "/b.toml": "[service" }, ofService);
    expect(serviceOf(await loadConfig({ config: "/a.toml" }, files))).toMatchObject({
      metricsPort: 9091,
      logLevel: "info",
    });
    for (const config of ["/b.toml", "/none.toml"]) {
      expect(serviceOf(await loadConfig({ config }, files))).toMatchObject({ metricsPort: 9090 });
    }
  });

  test.each([
    ["a fault behind it", "[service]\nmetrics-port = 9091\n[[gateway]]\naddress = 10.0.0.1\n"],
    ["a fault in it", "[service]\nlog-level = loud\nmetrics-port = 9091\non-exit\n[[gateway]]\n"],
    ["a fault before it", "[[gateway]\naddress = 10.0.0.1\n[service]\nmetrics-port = 9091\n"],
    ["a list without its end", '[[pool]]\nroutes = [\n"default"\n[service] # us\nmetrics-port = 9091\n'],
    ["a text without its end", '[service]\nmetrics-port = 9091\nlog-level = "warn\n[[gateway]]\n'],
    ["a key that is given twice", "[service]\nmetrics-port = 9091\nmetrics-port = 9092\n"],
    ["a table that is given twice", "[service]\n[[gateway]]\n[service]\nmetrics-port = 9091\n"],
    ["a header without its end", "[service\nmetrics-port = 9091\n"],
    ["keys without a header", "service.metrics-port = 9091\n[probe.x\n"],
    ["breaks of DOS", "[service]\r\nmetrics-port = 9091\r\n[[gateway]]\r\naddress = 1.2\r\n"],
  ])("takes the settings of the service from a file that is not valid TOML: %s", async (_, text) => {
    const files = withFiles({ "/a.toml": text }, ofService);
    expect(serviceOf(await loadConfig({ config: "/a.toml" }, files))).toMatchObject({ metricsPort: 9091 });
  });

  test("prefers its own flags", async () => {
    const flags = { config: "/a.toml", "metrics-port": "9092" };
    expect(serviceOf(await loadConfig(flags, withFiles({ "/a.toml": FILE }, ofService)))).toMatchObject({
      metricsPort: 9092,
    });
  });
});

test("places of an earlier run are looked for in the families that the pools route", async () => {
  const dual = `[[gateway]]\naddress = ["10.0.0.1", "fd00::1"]\n[[pool]]\nroutes = ["default", "default6"]\n`;
  for (const [text, families] of [
    [`${FILE}[[pool]]\n`, [4]],
    [dual, [4, 6]],
    [WRONG, [4, 6]],
  ] as const) {
    const asked: unknown[] = [];
    const findPlaces: Surroundings["findPlaces"] = async (...given) => {
      asked.push(...given);
      return assignPlaces;
    };
    await loadConfig({ config: "/a.toml" }, withFiles({ "/a.toml": text }, { findPlaces }));
    expect(asked).toEqual([families]);
  }
});
