/** The examples of README, guide and CONTRIBUTING: every line of a block marked `sh` is run, and the kernel looks as shown. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { accessSync, constants } from "node:fs";
import { dirname, join } from "node:path";

import { blocksOf, DOCUMENTS, pageOf, ROOT } from "../fixtures/documents.ts";
import {
  address6Of,
  addressOf,
  EXECUTABLE,
  gatewaysOf,
  IP,
  type Lab,
  namespaceNames,
  openLab,
  PROTOCOL,
  refusing,
  snapshot6,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

/** The lines of a shell block, without comments; one that ends with a backslash goes on in the next. */
const linesOf = (block: string): string[] =>
  block
    .replaceAll(/ \\\n\s*/g, " ")
    .split("\n")
    .flatMap((line) => line.replace(/\s+#.*/, "").trim() || []);

/** A lab as a machine that may send pings, as most systems allow. */
async function openMachine(gateways: number): Promise<Lab> {
  const lab = await openLab({ gateways });
  lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });
  return lab;
}

const blocks = DOCUMENTS.flatMap(({ text }) => blocksOf(text, "sh")).map(linesOf);
/** The lines of a block that removes everything by hand belong together, and so do those for the probes. */
const repairsOf = (documents: readonly { readonly text: string }[]): string[] =>
  documents
    .flatMap(({ text }) => blocksOf(text, "sh").map(linesOf))
    .filter((lines) => lines.every((line) => line.startsWith("ip ")))
    .map((lines) => lines.join("; "));
const probeRepairs = repairsOf([{ text: pageOf("probes") }]);
const repairs6 = repairsOf(DOCUMENTS).filter((line) => line.includes("ip -6 "));
const repairs = repairsOf(DOCUMENTS).filter((line) => ![...probeRepairs, ...repairs6].includes(line));
const lines = [...new Set(blocks.filter(([line]) => !line!.startsWith("ip ")).flat())];
const questions = lines.filter((line) =>
  /^gateway-route-manager (help|service|healthcheck|status|config|print|completion)\b/.test(line),
);
const advice = lines.filter((line) => /^gateway-route-manager (check|plan|explain)\b/.test(line));
const maintenance = lines.filter((line) => /^gateway-route-manager (drain|undrain)\b/.test(line));
const programs = lines.filter(
  (line) => /(^| )gateway-route-manager( |$)/.test(line) && ![...questions, ...advice, ...maintenance].includes(line),
);
const scripts = lines.filter((line) => line.startsWith("scripts/"));
/** The program that was built just before: `readme.test.ts` runs these lines. */
const built = lines.filter((line) => line.startsWith("dist/gateway-route-manager "));

test("every line of a shell block is of a kind that is tested here", () => {
  const kinds = [programs, questions, advice, maintenance, scripts, built];
  expect(lines.filter((line) => !kinds.flat().includes(line))).toEqual([]);
  expect([...kinds, repairs, repairs6, probeRepairs].every(({ length }) => length > 0)).toBe(true);
});

describe("programs", () => {
  test.each(programs)("%s", async (line) => {
    const lab = await openMachine(1);
    const child = Bun.spawn([IP, "netns", "exec", lab.router.name, "sh", "-c", `exec env ${line}`], {
      env: { PATH: `${dirname(EXECUTABLE)}:/usr/sbin:/usr/bin:/sbin:/bin`, ...lab.ownFiles() },
      stdout: "pipe",
      stderr: "inherit",
    });
    let output = "";
    let asked = false; // a second signal would force the end
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      output += chunk;
      if (!asked && output.includes("probing")) asked = child.kill("SIGTERM") === undefined;
    }
    expect(await child.exited).toBe(0);
    const farewell = line.includes("-on-exit keep") ? "To remove it by hand" : "nothing is left in the kernel";
    expect(output).toContain(farewell);
  });
});

describe("questions to the program", () => {
  test.each(questions)("%s", async (line) => {
    const lab = await openLab({ gateways: 1 });
    const daemon = lab.start();
    await daemon.untilReady();
    const asking = Bun.spawn([IP, "netns", "exec", lab.router.name, "sh", "-c", line], {
      env: { PATH: `${dirname(EXECUTABLE)}:/usr/sbin:/usr/bin:/sbin:/bin` },
      stdout: "pipe",
    });
    expect((await asking.stdout.text()).length).toBeGreaterThan(0);
    expect(await asking.exited).toBe(0);
  });
});

describe("advice of the program", () => {
  test.each(advice)("%s", async (line) => {
    const lab = await openMachine(1);
    const before = await lab.snapshot();
    const asking = Bun.spawn([IP, "netns", "exec", lab.router.name, "sh", "-c", line], {
      env: { PATH: `${dirname(EXECUTABLE)}:/usr/sbin:/usr/bin:/sbin:/bin` },
      stdout: "pipe",
      stderr: "pipe",
    });
    expect(await asking.stderr.text()).toBe("");
    expect((await asking.stdout.text()).split("\n").length).toBeGreaterThan(5);
    expect(await asking.exited).not.toBe(2);
    expect(await lab.snapshot()).toBe(before);
  });
});

test("maintenance: every command works on a running service", async () => {
  const lab = await openLab();
  const daemon = lab.start({ "start-ip": "192.168.1.10", "end-ip": "192.168.1.12" });
  await daemon.untilReady();
  for (const line of maintenance) {
    expect(await lab.run(line.split(" ").slice(1))).toMatchObject({ status: 0, stderr: "" });
  }
});

describe("scripts", () => {
  test.each(scripts)("%s can be run", (line) => {
    accessSync(join(ROOT, line.split(" ")[0]!), constants.X_OK);
  });

  test("scripts/demo shows a gateway leaving and returning, and cleans up", async () => {
    const child = Bun.spawn([join(ROOT, "scripts/demo")], { stdout: "pipe", stderr: "pipe" });
    const [output, complaint, status] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    expect({ status, complaint }).toEqual({ status: 0, complaint: "" });
    expect(output).toMatch(/gateway 10\.77\.0\.12 down: .+ \(2 of 3 healthy\)/); // refused, or too late when it is busy
    expect(output).toContain("gateway 10.77.0.12 up (3 of 3 healthy)");
    expect(namespaceNames().filter((name) => name.startsWith(`grm-demo-${child.pid}-`))).toEqual([]);
  });
});

test("the compose file's router uses all of its gateways", async () => {
  const text = blocksOf(pageOf("docker"), "yaml").find((block) => /^services:$/m.test(block))!;
  const { router } = (Bun.YAML.parse(text) as { services: { router: Router } }).services;
  const lab = await openLab({ gateways: 3 });
  const sysctls = Object.entries(router.sysctls).map(([name, value]) => {
    return [name.replace(/^net\./, "").replaceAll(".", "/"), String(value)];
  });
  lab.router.tune(Object.fromEntries(sysctls));
  // The DNS name needs a provider and the secrets.
  const settings = Object.entries(router.environment).filter(([name]) => /^GRM_(?!DDNS|PUBLIC_IP)/.test(name));
  const flags = settings.map(([name, value]) => {
    const place = /^192\.168\.1\.1(\d)$/.exec(String(value))?.[1];
    return [
      name.slice(4).toLowerCase().replaceAll("_", "-"),
      place === undefined ? value : addressOf(Number(place) + 1),
    ];
  });
  lab.start(Object.fromEntries(flags));
  await lab.untilRouted([1, 2, 3]);
  expect(Object.keys(router.environment)).toContain("GRM_THROUGH");
});

interface Router {
  readonly environment: Record<string, string | number>;
  readonly sysctls: Record<string, string | number>;
}

describe("the kernel", () => {
  const shownBy = (topic: string): string[] =>
    blocksOf(pageOf(topic), "").filter((block) => block.startsWith("# ip rule show\n"));
  const [plain, rejecting, withPools] = shownBy("kernel");
  const [probing] = shownBy("probes");
  const here = (shown: string): string =>
    shown.replaceAll("192.168.1.10", addressOf(1)).replaceAll("192.168.1.11", addressOf(2)).replaceAll("eth0", "gw0");
  const tidy = (shown: string): string => shown.replaceAll(/ +$/gm, "").trim();

  test("looks as shown", async () => {
    const lab = await openLab({ gateways: 2 });
    const daemon = lab.start();
    await daemon.untilReady();
    const [rules, routes] = plain!.split(/^# .*\n/m).slice(1);
    expect(tidy(await lab.router.ip("rule", "show"))).toBe(tidy(rules!));
    expect(tidy(await lab.router.ip("route", "show", "table", "180", "type", "unicast"))).toBe(tidy(here(routes!)));
  });

  test("looks as shown with the kill switch", async () => {
    const [rules, routes] = rejecting!.split(/^# .*\n/m).slice(1);
    const lab = await openLab({ gateways: 2 });
    await lab.start({ "when-no-gateways": "unreachable" }).untilReady();
    const present = (await lab.router.ip("rule", "show")).replaceAll(/ +$/gm, "").split("\n");
    const shown = rules!.replace("192.168.0.0/16", "10.0.0.0/8").trim().split("\n");
    expect(shown.filter((rule) => rule !== "..." && !present.includes(rule))).toEqual([]);
    const types = await lab.router.ip("route", "show", "table", "180", "type", "unreachable");
    expect(types.trim()).toBe(routes!.trim());
  });

  test("looks as shown with several pools", async () => {
    const [rules] = withPools!.split(/^# .*\n/m).slice(1);
    const lab = await openLab({ gateways: 1 });
    const gateway = `[[gateway]]\naddress = "${addressOf(1)}"\n`;
    const pools = '[[pool]]\nname = "vpn"\nfrom = ["192.168.20.0/24"]\n[[pool]]\nname = "rest"\n';
    await lab.startWithFile(`${gateway}${pools}`).untilReady();
    const present = tidy(await lab.router.ip("rule", "show")).split("\n");
    expect(present.filter((rule) => rule.includes("proto 173"))).toEqual(tidy(rules!).split("\n"));
  });

  test("looks as shown with probes beyond the gateways", async () => {
    const [rules, routes] = probing!.split(/^# .*\n/m).slice(1);
    const lab = await openMachine(2);
    await lab.start({ through: "icmp:1.1.1.1" }).untilReady();
    const present = tidy(await lab.router.ip("rule", "show")).split("\n");
    expect(present.filter((rule) => /^10\d:/.test(rule))).toEqual(tidy(rules!).split("\n"));
    expect(tidy(await lab.router.ip("route", "show", "table", "18001"))).toBe(tidy(here(routes!)));
  });

  test.each(
    repairs.flatMap((line): [string, string, string[]][] => [
      [line, "fall-through", probeRepairs.slice(0, 1)],
      [line, "unreachable", probeRepairs],
    ]),
  )(
    "is cleaned by hand after probes beyond the gateways with: %s, and the lines for these (%s)",
    async (line, mode, others) => {
      const lab = await openMachine(2);
      const before = await lab.snapshot();
      for (const gateway of lab.gateways) gateway.becomes(refusing);
      const daemon = lab.start({ through: "icmp:1.1.1.1", "when-no-gateways": mode });
      await daemon.untilReady();
      expect((await lab.snapshot()).includes("lookup 18255")).toBe(mode === "unreachable");
      await daemon.kill();
      const cleaning = Bun.spawn([IP, "netns", "exec", lab.router.name, "sh", "-c", [line, ...others].join("; ")]);
      expect(await cleaning.exited).toBe(0);
      expect(await lab.snapshot()).toBe(before);
    },
  );

  test.each(
    repairs.flatMap((line) => [
      [line, "fall-through"],
      [line, "unreachable"],
    ]),
  )("is cleaned by hand with: %s (%s)", async (line, mode) => {
    const lab = await openLab({ gateways: 2 });
    const before = await lab.snapshot();
    const daemon = lab.start({ "when-no-gateways": mode });
    await daemon.untilReady();
    expect(gatewaysOf(await lab.managedRoute())).toEqual([addressOf(1), addressOf(2)]);
    await daemon.kill();
    const cleaning = Bun.spawn([IP, "netns", "exec", lab.router.name, "sh", "-c", line]);
    expect(await cleaning.exited).toBe(0);
    expect(await lab.snapshot()).toBe(before);
    expect((await lab.routes()).filter(({ protocol }) => protocol === PROTOCOL)).toEqual([]);
  });

  test.each(repairs6.flatMap((line) => ["fall-through", "unreachable"].map((mode) => [line, mode])))(
    "is cleaned by hand of IPv6 with: %s (%s)",
    async (line, mode) => {
      const lab = await openLab({ gateways: 2, ipv6: true });
      const before = await snapshot6(lab.router);
      const range = { "start-ip": address6Of(1), "end-ip": address6Of(2) };
      const daemon = lab.start({ ...range, route: "::/0", "when-no-gateways": mode });
      await lab.untilRouted6([1, 2]);
      await daemon.kill();
      const cleaning = Bun.spawn([IP, "netns", "exec", lab.router.name, "sh", "-c", line]);
      expect(await cleaning.exited).toBe(0);
      expect(await snapshot6(lab.router)).toBe(before);
    },
  );

  test("is cleaned by hand with several pools by the same lines, eight preferences and one table further each", async () => {
    const lab = await openLab({ gateways: 1 });
    const before = await lab.snapshot();
    const pool = (name: string, more: string): string =>
      `[[pool]]\nname = "${name}"\nwhen-no-gateways = "unreachable"\n${more}`;
    const pools = `${pool("vpn", 'from = ["10.66.0.0/24"]\n')}${pool("rest", "")}`;
    const daemon = lab.startWithFile(`[[gateway]]\naddress = "${addressOf(1)}"\n${pools}`);
    await daemon.untilReady();
    await daemon.kill();
    const next = (line: string): string =>
      line
        .replaceAll(/\b10\d{3}\b/g, (preference) => String(Number(preference) + 8))
        .replaceAll("table 180", "table 181");
    const lines = [...repairs, ...repairs.map(next)].join("; ");
    const cleaning = Bun.spawn([IP, "netns", "exec", lab.router.name, "sh", "-c", lines]);
    expect(await cleaning.exited).toBe(0);
    expect(await lab.snapshot()).toBe(before);
  });
});
