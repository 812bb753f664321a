/** -usable-min and -track-file, and their keys in a file. */
import { describe, expect, test } from "bun:test";

import { parseConfig } from "../../../src/config/parse.ts";
import { configOf, problemsOf } from "./file/file.fixture.ts";

const GATEWAYS = '[[gateway]]\naddress = "10.0.0.1"\n[[gateway]]\naddress = "10.0.0.2"\n';

function flagProblems(flags: Readonly<Record<string, string>>): readonly string[] {
  const parsed = parseConfig(
    { "start-ip": "10.0.0.1", "end-ip": "10.0.0.2", ...flags },
    { environment: {}, readFile: () => "" },
  );
  return parsed.ok ? [] : parsed.problems;
}

describe("flags", () => {
  test.each([
    [{ "usable-min": "3" }, "-usable-min 3: the range has only 2 gateways; lower it"],
    [{ "usable-min": "0" }, '-usable-min "0": expected a whole number from 1 to 1000'],
    [
      { "track-file": "usable" },
      '-track-file "usable": expected an absolute path such as /run/gateway-route-manager/180/usable',
    ],
    [
      { "track-file": "/run/a", "drain-file": "/run/a" },
      '-track-file "/run/a": also the -drain-file; name another file',
    ],
    [
      { "track-file": "/run/a", "control-socket": "/run/a" },
      '-track-file "/run/a": also the -control-socket; name another file',
    ],
  ])("%j: %s", (flags, problem) => {
    expect(flagProblems(flags)).toEqual([problem]);
  });

  test("as many as there are gateways can be asked for", () => {
    expect(flagProblems({ "usable-min": "2", "track-file": "/run/a" })).toEqual([]);
  });
});

describe("a file", () => {
  test("has a least number and a track file for each pool", () => {
    const { service, pools } = configOf(
      `[service]\ntrack-file = "/run/all"\n${GATEWAYS}[[pool]]\nname = "a"\nin = ["lan"]\nusable-min = 2\ntrack-file = "/run/a"\n[[pool]]\nname = "b"\n`,
    );
    expect(service).toMatchObject({ trackFile: "/run/all", trackFileFormat: "number" });
    expect(pools.map(({ usableMin, ownTrackFile }) => [usableMin, ownTrackFile])).toEqual([
      [2, "/run/a"],
      [1, undefined],
    ]);
  });

  test.each([
    [
      `${GATEWAYS}[[pool]]\nmembers = ["10.0.0.1"]\nusable-min = 2`,
      "[[pool]] usable-min 2: there is only 1 member; lower it",
    ],
    [
      `[service]\ntrack-file = "/run/a"\n${GATEWAYS}[[pool]]\ntrack-file = "/run/a"`,
      '[[pool]] track-file "/run/a": also the track-file of [service]; name another',
    ],
    [
      `${GATEWAYS}[[pool]]\nname = "a"\nin = ["lan"]\ntrack-file = "/run/a"\n[[pool]]\nname = "b"\ntrack-file = "/run/a"`,
      '[[pool]] "b" track-file "/run/a": also the track-file of pool a; name another',
    ],
    [
      `[service]\ntrack-file = "/run/a"\ndrain-file = "/run/a"\n${GATEWAYS}`,
      '[service] track-file "/run/a": also the drain-file; name another file',
    ],
  ])("%j: %s", (text, problem) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });
});

describe("a marker", () => {
  test.each([
    ["192.0.2.173/32", {}, []],
    ["2001:db8::173/128", {}, [/no -route is of IPv6, so that no gateway is ever usable for it; choose another$/]],
    ["10.0.0.0/24", {}, [/the gateway 10\.0\.0\.1 is in it/]],
    ["0.0.0.0/0", {}, [/^-marker-route 0\.0\.0\.0\/0: the gateway/]],
    [
      "192.0.2.173/32",
      { "exclude-cidr": "192.0.2.0/24" },
      [/it has packets of -exclude-cidr 192\.0\.2\.0\/24, which the main/],
    ],
    ["192.0.2.0/24", { "exclude-cidr": "192.0.2.7/32" }, [/it has packets of -exclude-cidr 192\.0\.2\.7\/32/]],
    ["192.0.2.173/32", { route: "192.0.2.0/24" }, [/it has packets of -route 192\.0\.2\.0\/24; choose another/]],
    ["192.0.2.1/32,192.0.2.1/32", {}, [/^-marker-route 192\.0\.2\.1\/32 is given twice; remove one/]],
  ])("%s with %j: %j", (marker, flags, problems) => {
    const found = flagProblems({ "marker-route": marker, ...flags });
    expect(found).toHaveLength(problems.length);
    problems.forEach((problem, index) => expect(found[index]).toMatch(problem));
  });

  test("of a pool in a file is judged by its destinations and all gateways", () => {
    const text = `${GATEWAYS}[[pool]]\nexclude = ["192.0.2.0/24"]\nmarker-routes = ["192.0.2.1/32"]`;
    expect(problemsOf(text)).toEqual([
      expect.stringContaining("[[pool]] marker-routes 192.0.2.1/32: it has packets of exclude 192.0.2.0/24"),
    ]);
    expect(configOf(`${GATEWAYS}[[pool]]\nmarker-routes = ["192.0.2.1/32"]`).pools[0].markerRoute).toHaveLength(1);
  });
});
