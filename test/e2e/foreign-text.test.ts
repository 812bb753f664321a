/** Texts of other programs and people in what `ip` prints: names of tables, descriptions and names of interfaces. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { check } from "./lab/check.ts";
import { escapingApostrophes, withNames } from "./lab/foreign-text.ts";
import { openLab, PREFERENCE } from "./lab/index.ts";

setDefaultTimeout(60_000);

/** The next reading without an event comes after 15 s. */
const AT_ONCE_MS = 5000;

describe("where rt_tables and rt_protos name the table and the protocol of the service", () => {
  test.each([
    `rule delete preference ${PREFERENCE}`,
    "route flush table 180",
    "route delete default table 180",
    "route delete throw 9.9.9.0/24 table 180",
  ])("entries are restored at once after: ip %s", async (command) => {
    const lab = await openLab();
    const before = await lab.snapshot();
    const daemon = lab.start({ "exclude-cidr": ["9.9.9.0/24"] }, { wrapper: withNames });
    await daemon.untilReady();
    const settled = await lab.snapshot();
    await Bun.sleep(500); // until `ip monitor` listens
    await lab.router.ip(...command.split(" "));
    const start = performance.now();
    await lab.untilSnapshot(settled);
    expect(performance.now() - start).toBeLessThan(AT_ONCE_MS);
    expect((await daemon.stop()).status).toBe(0);
    expect(await lab.snapshot()).toBe(before);
  });
});

/** Stand-ins for releases of iproute2 whose JSON is not always valid; $IP is the one of this machine. */
const RELEASES: readonly (readonly [release: string, script: string])[] = [
  ["escapes an apostrophe, as before 6.1", escapingApostrophes],
  ["does not escape control characters, as before 7.0", 'exec $IP "$@"'],
];

describe.each(RELEASES)("an ip that %s", (_, script) => {
  test("does not keep the service from its work, whatever an interface is called and however it is described", async () => {
    const lab = await openLab();
    await lab.router.batch([
      "link set gw0 down",
      "link set gw0 name o'gw0",
      "link set o'gw0 up",
      "link set o'gw0 alias \"Joe's \u0001 uplink\"",
      "link property add dev o'gw0 altname joe's-uplink",
    ]);
    const before = await lab.snapshot();
    const ip = lab.fakeIp(script);
    const daemon = lab.start({ "exclude-cidr": ["9.9.9.0/24"] }, ip);
    await daemon.untilReady();
    await lab.untilRouted([1, 2, 3]);
    const { status, bad } = await check(lab, {}, ip);
    expect({ status, bad }).toEqual({ status: 0, bad: [] });
    expect(daemon.log.matching(/level=(warn|error)/)).toEqual([]);
    expect((await daemon.stop()).status).toBe(0);
    expect(await lab.snapshot()).toBe(before);
  });

  test("and an interface with a control character in its name leave the service at work, with one warning", async () => {
    const lab = await openLab();
    await lab.router.batch([
      "link add v'\u0001x type veth peer name v2",
      "address add 10.99.0.1/24 dev v'\u0001x",
      "link set v'\u0001x up",
    ]);
    const before = await lab.snapshot();
    const ip = lab.fakeIp(script);
    const daemon = lab.start({}, ip);
    await daemon.untilReady();
    await lab.untilRouted([1, 2, 3]);
    expect((await lab.routes()).map(({ dst }) => dst)).toContain("10.0.0.0/8"); // reserved, and covers its network
    await daemon.untilRounds(2);
    expect(daemon.log.matching(/level=(warn|error)/).map(({ text }) => text)).toEqual([
      expect.stringContaining("interface v'\\\\u0001x has control characters in its name"),
    ]);
    expect((await check(lab, {}, ip)).bad).toEqual(["interfaces"]);
    expect((await daemon.stop()).status).toBe(0);
    expect(await lab.snapshot()).toBe(before);
  });
});
