import { describe, expect, test } from "bun:test";

import { problemsOf } from "./file.fixture.ts";

const GATEWAY = '[[gateway]]\naddress = "10.0.0.1"\n';
const TWO_POOLS = '[[pool]]\nname = "a"\nin = ["eth0"]\n[[pool]]\nname = "b"\n';
const PING = `${GATEWAY}[probe.ping]\ntype = "icmp"\n`;
const DDNS = '[[ddns]]\nprovider = "dynudns"\nhostname = "a.example"\npassword-file = "key"\n';
const secrets = { "/etc/grm/key": "0123", "/etc/grm/other": "4567", "/etc/grm/odd": "a\u0001b" };

const addresses = (count: number): string =>
  Array.from(
    { length: count },
    (_, index) => `[[gateway]]\naddress = "10.1.${index >> 7}.${(index & 127) + 1}"\n`,
  ).join("");

/** What is wrong, the file, and its one problem from the line on. */
const BAD: readonly (readonly [what: string, text: string, problem: string | RegExp])[] = [
  ["no gateway", "", /^1:1: \[\[gateway\]\] is missing: there are no gateways; write address = /],
  ["an empty list of gateways", "gateway = []", /^1:11: \[\[gateway\]\] is missing/],
  [
    "gateways that are no tables",
    "gateway = [1]",
    "1:1: gateway: expected a list of tables; write the header of each as [[gateway]]",
  ],
  [
    "a service that is no table",
    `service = 5\n${GATEWAY}`,
    "1:1: service: expected one table; write its header as [service]",
  ],
  [
    "an address beside a range",
    `${GATEWAY}start-ip = "10.0.0.2"\nend-ip = "10.0.0.3"`,
    /^1:1: \[\[gateway\]\]: address beside a range; write either/,
  ],
  [
    "half a range",
    `${GATEWAY}[[gateway]]\nend-ip = "10.0.0.3"`,
    "3:1: [[gateway]]: a range needs start-ip and end-ip; add the other one",
  ],
  [
    "a range that is too large",
    '[[gateway]]\nstart-ip = "10.0.0.1"\nend-ip = "10.0.2.1"',
    "3:10: [[gateway]]: 513 gateways; 254 is the most",
  ],
  [
    "too many gateways",
    `${addresses(255)}[[pool]]\nmembers = ["10.1.0.1"]`,
    "509:1: [[gateway]]: 255 gateways; 254 is the most",
  ],
  [
    "a faulty destination beside a service that is asked by its address",
    `${GATEWAY}[public-ip]\nservice-hostname = "1.1.1.1"\nrequired = true\n[[pool]]\nroutes = ["x", "default"]`,
    /^7:11: \[\[pool\]\] routes "x": expected an IPv4 network/,
  ],
  ["too many members", addresses(161), /^1:1: \[\[pool\]\]: 161 members, but one route holds at most 160/],
  [
    "an address of a range again",
    '[[gateway]]\nstart-ip = "10.0.0.1"\nend-ip = "10.0.0.3"\n[[gateway]]\naddress = "10.0.0.2"',
    "5:11: [[gateway]] 10.0.0.2 is already given in line 1; remove one of the two",
  ],
  [
    "a name that is an address",
    `${GATEWAY}name = "10.0.0.2"`,
    '3:8: [[gateway]] "10.0.0.2" name "10.0.0.2": expected a name that does not look like an address',
  ],
  [
    "no probe for a gateway",
    `${GATEWAY}probes = []`,
    "3:10: [[gateway]] probes: expected at least one; without this key, all probes apply",
  ],
  [
    "a probe that is named twice",
    `${GATEWAY}probes = ["http", "http"]`,
    '3:19: [[gateway]] probes "http": given twice; remove one',
  ],
  [
    "a probe that there is not",
    `${GATEWAY}probes = ["other"]`,
    '3:11: [[gateway]] probes "other": there is no [probe.other]; known are "http"',
  ],
  [
    "a probe without a name",
    `${GATEWAY}[probe]\ntype = "http"`,
    "3:2: [probe]: each probe has a name; write its header as [probe.NAME]",
  ],
  ["a probe without a type", `${GATEWAY}[probe.x]`, /^3:1: \[probe\.x\]: type is missing: what is asked/],
  [
    "a probe with an odd name",
    `${GATEWAY}[probe." x"]\ntype = "http"`,
    /^3:8: \[probe\.NAME\] " x": expected a name of/,
  ],
  ["no targets", PING, /^3:1: \[probe\.ping\]: targets is missing: what is asked/],
  ["an empty list of targets", `${PING}targets = []`, "5:11: [probe.ping] targets: expected at least one"],
  [
    "a target twice",
    `${PING}targets = ["1.1.1.1", "1.1.1.1"]`,
    '5:23: [probe.ping] targets "1.1.1.1": given twice; remove one',
  ],
  [
    "a target with a port where none belongs",
    `${PING}targets = ["1.1.1.1:53"]`,
    /^5:12: \[probe\.ping\] targets "1\.1\.1\.1:53": expected no port after an address/,
  ],
  [
    "too few targets",
    `${PING}targets = ["1.1.1.1"]\nneed = 2`,
    "6:8: [probe.ping] need 2: there is only 1 target; lower it, or add targets",
  ],
  [
    "a round that is longer than its period",
    `${PING}targets = ["1.1.1.1"]\ntimeout = "9s"`,
    /^6:11: \[probe\.ping\] timeout 9s is longer than period 5s: a round must end before the next one starts; raise period to 9s or lower timeout$/,
  ],
  [
    "a probe that is longer than its period",
    `${GATEWAY}[probe.x]\ntype = "http"\ntimeout = "9s"`,
    /^5:11: \[probe\.x\] timeout 9s is longer than period 3s: a probe must end .*; raise period to 9s or lower timeout$/,
  ],
  [
    "a fast period that is slower",
    `${GATEWAY}[probe.x]\ntype = "http"\nfast-period = "9s"`,
    /^5:15: \[probe\.x\] fast-period 9s is longer than period 3s: .*; lower it or raise period to 9s$/,
  ],
  [
    "the key of another type of probe",
    `${GATEWAY}[probe.x]\ntype = "http"\nneed = 1`,
    '5:1: [probe.x]: unknown key "need"; it belongs below [probe.NAME] with another type',
  ],
  [
    "no members",
    `${GATEWAY}[[pool]]\nmembers = []`,
    "4:11: [[pool]] members: expected at least one; without this key, all gateways are members",
  ],
  [
    "a member twice, by name and address",
    `${GATEWAY}name = "a"\n[[pool]]\nmembers = ["a", "10.0.0.1"]`,
    '5:17: [[pool]] members "10.0.0.1": given twice; remove one',
  ],
  [
    "a member that there is not",
    `${GATEWAY}[[pool]]\nmembers = ["10.0.0.2"]`,
    '4:12: [[pool]] members "10.0.0.2": there is no such [[gateway]]; there are none',
  ],
  [
    "no destinations",
    `${GATEWAY}[[pool]]\nroutes = []`,
    "4:10: [[pool]] routes: expected at least one; without this key, all destinations are routed",
  ],
  [
    "pools of one name",
    `${GATEWAY}[[pool]]\nname = "a"\nin = ["eth0"]\n[[pool]]\nname = "a"`,
    '7:8: [[pool]] name "a": already the name of the pool in line 4; rename one of the two',
  ],
  [
    "a table of the kernel",
    `${GATEWAY}[[pool]]\ntable = 254`,
    "4:9: [[pool]] table 254: the kernel uses this table itself; choose another, such as 180",
  ],
  [
    "a table of the kernel in [service]",
    `${GATEWAY}[service]\nfirst-routing-table-id = 254`,
    "4:26: [service] first-routing-table-id 254: the kernel uses this table itself; choose another, such as 180",
  ],
  [
    "no room for a kill switch",
    `${GATEWAY}[[pool]]\npreference = 32765\nwhen-no-gateways = "blackhole"`,
    /^4:14: \[\[pool\]\] preference 32765: when-no-gateways blackhole also uses the three preferences after it.*; choose one up to 32762$/,
  ],
  [
    "no room for the rules of probes",
    `${PING}targets = ["1.1.1.1"]\n[[pool]]\npreference = 50`,
    /^7:14: \[\[pool\]\] preference 50: the rules for probes have the preferences 100 to 103, and come first; raise it to 104 or more/,
  ],
  [
    "no room before all pools",
    `[service]\nprobe-rule-preference = 20000\n${PING}targets = ["1.1.1.1"]`,
    /^2:25: \[service\] probe-rule-preference 20000: the rules for probes need four preferences before first-rule-preference 10888; choose one up to 10884/,
  ],
  [
    "a table that probes have",
    `${PING}targets = ["1.1.1.1"]\n[[pool]]\ntable = 18002`,
    /^1:1: \[service\] first-probe-table-id 18001: the 255 tables from there include 18002, which is in use; choose another, such as 19001/,
  ],
  [
    "an interface that can be none",
    `${GATEWAY}[[pool]]\nin = ["a/b"]`,
    /^4:7: \[\[pool\]\] in "a\/b": expected the name of a network interface/,
  ],
  [
    "a mask without bits",
    `${GATEWAY}[[pool]]\nmark = "0x0/0x0"`,
    '4:8: [[pool]] mark "0x0/0x0": expected a mask with at least one bit',
  ],
  [
    "a mark that is no number",
    `${GATEWAY}[[pool]]\nmark = "ten"`,
    /^4:8: \[\[pool\]\] mark "ten": expected a mark such as 0x10/,
  ],
  [
    "a date",
    `${GATEWAY}[[pool]]\nflap-hold = 1979-05-27`,
    '4:13: [[pool]] flap-hold: expected a text in quotation marks, such as "30s"',
  ],
  [
    "a table where a value belongs",
    `${GATEWAY}[pool.x]`,
    "3:2: pool: expected a list of tables; write the header of each as [[pool]]",
  ],
  [
    "a user without a password",
    `${GATEWAY}[public-ip]\nservice-username = "u"`,
    "4:20: [public-ip] service-username and service-password-file need each other: set both or neither",
  ],
  [
    "a provider without a name",
    `${GATEWAY}[[ddns]]\nprovider = "dynudns"\npassword-file = "key"`,
    "4:12: [[ddns]] provider dynudns needs hostname",
  ],
  [
    "a provider without a password",
    `${GATEWAY}[[ddns]]\nprovider = "dynudns"\nhostname = "a.example"`,
    "4:12: [[ddns]] provider dynudns needs password-file",
  ],
  [
    "no provider",
    `${GATEWAY}[[ddns]]\nhostname = "a.example"`,
    /^3:1: \[\[ddns\]\]: provider is missing: DNS provider/,
  ],
  [
    "a secret that is none",
    `${GATEWAY}[service]\nhttp-password-file = "odd"`,
    /^4:22: \[service\] http-password-file "odd": what it holds \(not shown\) is not a text without line breaks/,
  ],
  [
    "one name twice at one provider",
    `${GATEWAY}${DDNS}${DDNS.replace("a.example", "A.example")}`,
    '9:12: [[ddns]] hostname "A.example": already a name of this pool at dynudns, in line 5; choose another',
  ],
  [
    "one name twice at one provider, with another key",
    `${GATEWAY}${DDNS}${DDNS.replace('"key"', '"other"')}`,
    '9:12: [[ddns]] hostname "a.example": already a name of this pool at dynudns, in line 5; choose another',
  ],
  [
    "a name that follows a gateway which its pool does not have",
    `${GATEWAY}${DDNS}gateway = "oslo"\n`,
    '7:11: [[ddns]] gateway "oslo": no member of its pool is called so; known are "10.0.0.1"',
  ],
  [
    "one name of two pools",
    `${GATEWAY}${TWO_POOLS}${DDNS}pool = "a"\n${DDNS.replace("a.example", "A.example")}pool = "b"\n`,
    '15:12: [[ddns]] hostname "A.example": already the name of another pool, in line 10; choose another',
  ],
  [
    "a name without a pool",
    `${GATEWAY}${TWO_POOLS}${DDNS}`,
    '8:1: [[ddns]]: pool is missing, since there are several; known are "a", "b"',
  ],
  [
    "an exit check that is no URL",
    `${GATEWAY}[exit-check]\nservices = ["a.example"]`,
    /^4:13: \[exit-check\] services "a\.example": expected URLs/,
  ],
  [
    "an exit check that is given twice",
    `${GATEWAY}[exit-check]\nservices = ["https://a.example/", "https://b.example/", "https://a.example"]`,
    '4:57: [exit-check] services "https://a.example/": given twice; remove one',
  ],
  [
    "an exit check at a gateway",
    `${GATEWAY}[exit-check]\nservices = ["https://a.example/", "http://10.0.0.1:9999/"]`,
    '4:35: [exit-check] services "http://10.0.0.1:9999/": its host is one of the gateways, and sees no packet that comes out beyond them; choose another',
  ],
  [
    "a text in what is no answer of a URL",
    `${PING}targets = ["1.1.1.1"]\ntext = "up"`,
    '6:8: [probe.ping] text "up": only the answer of a URL has a text; remove it, or set type = "url"',
  ],
];

describe("one problem of a file is reported alone, with its place and the remedy", () => {
  test.each(BAD)("%s", (_, text, problem) => {
    const problems = problemsOf(text, { secrets });
    expect(problems).toEqual([typeof problem === "string" ? problem : expect.stringMatching(problem)]);
  });
});

describe("a file that is far too large is rejected in a moment", () => {
  const pools = (count: number): string =>
    Array.from({ length: count }, (_, index) => `[[pool]]\nname = "p${index}"\nin = ["e${index}"]\n`).join("");
  const members = Array.from({ length: 20_000 }, (_, index) => `"m${index}"`).join(",\n");
  const keys = Array.from({ length: 20_000 }, (_, index) => `zq${index} = 1`).join("\n");

  test.each([
    ["pools", `${GATEWAY}${pools(3000)}`, /^\d+:1: \[\[pool\]\]: 3000 pools; 250 is the most$/],
    ["members", `${GATEWAY}[[pool]]\nmembers = [${members}]`, /: 20000 members, but one route holds at most 160/],
    ["unknown keys", `${GATEWAY}[service]\n${keys}`, /^and 19000 more problems$/],
  ])("because of its %s", (_, text, problem) => {
    const begin = performance.now();
    const problems = problemsOf(text);
    expect(performance.now() - begin).toBeLessThan(6000);
    expect(problems.length).toBeLessThanOrEqual(1001);
    expect(problems).toContainEqual(expect.stringMatching(problem));
  });
});
