/** Services and port forwards on the router's ordinary internet connection, whose answers use the gateways. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Finding } from "../../src/diagnose/finding.ts";
import { blocksOf, pageOf } from "../fixtures/documents.ts";
import { check } from "./lab/check.ts";
import { addressOf, CALM, CLIENT, INTERNET, IP, type Lab, openLab } from "./lab/index.ts";
import type { Namespace } from "./lab/namespace.ts";

setDefaultTimeout(60_000);

/** The router's address on its ordinary connection, and ports there: of a service, and of a forward to the client. */
const ADDRESS = "10.88.0.2";
const SERVICE = 2222;
const FORWARDED = 8080;

async function run(space: Namespace, command: readonly string[]) {
  const child = Bun.spawn([IP, "netns", "exec", space.name, ...command], { stdout: "pipe", stderr: "pipe" });
  const [status, stdout, stderr] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
  return { status, stdout, stderr };
}

async function paste(lab: Lab, command: string): Promise<void> {
  const { status, stderr } = await run(lab.router, ["sh", "-c", command]);
  expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: "" });
}

/** A lab with a service and a port forward that a client out on the internet can reach. */
async function openServingLab(): Promise<Lab> {
  const lab = await openLab({ gateways: 2 });
  await lab.upstream.ip("route", "add", `${ADDRESS}/32`, "dev", "eth0", "src", INTERNET);
  lab.serve(lab.router, ADDRESS, SERVICE);
  lab.serve(lab.client, CLIENT, 80);
  const forward = `iifname "wan0" tcp dport ${FORWARDED} dnat to ${CLIENT}:80;`;
  await paste(lab, `nft 'table ip forwards { chain pre { type nat hook prerouting priority dstnat; ${forward} }; }'`);
  expect(await answering(lab)).toEqual([true, true]);
  return lab;
}

/** Whether the service and the port forward answer a client out on the internet. */
async function answering(lab: Lab): Promise<boolean[]> {
  const ask = async (port: number): Promise<boolean> => {
    const request = "printf 'GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' >&3 && head -1 <&3";
    const command = ["timeout", "2", "bash", "-c", `exec 3<>/dev/tcp/${ADDRESS}/${port} && ${request}`];
    const { stdout } = await run(lab.upstream, command);
    return stdout.startsWith("HTTP/1.1 200");
  };
  return Promise.all([ask(SERVICE), ask(FORWARDED)]);
}

/** The blocks of the guide with commands of a tool, for this machine: the guide calls its interface eth0. */
function commandsOf(tool: "nft" | "iptables"): string[] {
  const blocks = blocksOf(pageOf("exclusions"), "").filter((block) => block.startsWith(`${tool} `));
  return blocks.map((block) => block.replaceAll("eth0", "wan0"));
}

test.each([
  ["fall-through", 0],
  ["unreachable", 0],
  ["unreachable", 1],
])(
  "services and port forwards fail with the service (%s, rp_filter %d), and work with the remedy of check",
  async (mode, filter) => {
    const lab = await openServingLab();
    lab.router.tune({ "ipv4/conf/all/rp_filter": 0, "ipv4/conf/wan0/rp_filter": filter });
    const flags = { ...CALM, "when-no-gateways": mode };
    const daemon = lab.start(flags);
    await daemon.untilReady();
    expect(await answering(lab)).toEqual([false, false]);
    const [finding] = (await check(lab, flags)).about("services");
    expect(finding).toMatchObject({
      level: "warning",
      message: expect.stringContaining(`TCP ports ${SERVICE} on wan0`),
    });
    await paste(lab, finding!.remedy!.replace("if they should work: ", ""));
    expect(await answering(lab)).toEqual([true, true]);
    const cured = await check(lab, flags);
    expect([cured.status, cured.about("services")[0]!.level]).toEqual([0, "ok"]);
    expect((await lab.forwardedRoute(INTERNET)).table).toBe("180"); // a connection from inside still uses the gateways
    expect(await new Set((await lab.traffic.survey(20)).values())).not.toContain("upstream");
  },
);

test("with pools, the remedy of check comes before all of them, so that port forwards work as well", async () => {
  const lab = await openServingLab();
  const gateway = (number: number) => `[[gateway]]\nname = "g${number}"\naddress = "${addressOf(number)}"\n`;
  const lan = '[[pool]]\nname = "lan"\nfrom = ["10.66.0.0/24"]\nmembers = ["g1"]\n';
  const rest = '[[pool]]\nname = "rest"\nmembers = ["g2"]\n';
  const probe = '[probe.health]\ntype = "http"\nperiod = "1s"\ntimeout = "1s"\n';
  const text = `${probe}${gateway(1)}${gateway(2)}${lan}${rest}`;
  const checked = lab.file("checked.toml", text);
  const serviceFinding = async (): Promise<Finding> => {
    const { stdout } = await lab.run(["check", "-json", "-config", checked]);
    return (JSON.parse(stdout) as { findings: Finding[] }).findings.find(({ topic }) => topic === "services")!;
  };
  await lab.startWithFile(text).untilReady();
  expect(await answering(lab)).toEqual([false, false]);
  await paste(lab, (await serviceFinding()).remedy!.replace("if they should work: ", ""));
  expect(await answering(lab)).toEqual([true, true]);
  expect((await serviceFinding()).level).toBe("ok");
});

describe("the commands of the guide", () => {
  test.each(["nft", "iptables"] as const)(
    "let services and port forwards work with %s, even with a strict filter",
    async (tool) => {
      const lab = await openServingLab();
      lab.router.tune({ "ipv4/conf/all/rp_filter": 0, "ipv4/conf/wan0/rp_filter": 1 });
      const daemon = lab.start({ ...CALM, "when-no-gateways": "unreachable" });
      await daemon.untilReady();
      expect(await answering(lab)).toEqual([false, false]);
      await paste(lab, commandsOf(tool)[0]!);
      expect(await answering(lab)).toEqual([true, true]);
    },
  );

  test("let a set of networks bypass the gateways and the kill switch", async () => {
    const lab = await openLab({ gateways: 2 });
    const daemon = lab.start({ ...CALM, "when-no-gateways": "unreachable" });
    await daemon.untilReady();
    const sinks = async () => new Set((await lab.traffic.survey(20)).values());
    expect(await sinks()).not.toContain("upstream");
    await paste(lab, commandsOf("nft")[1]!.replace("192.0.2.0/24", "8.8.8.0/24"));
    expect(await sinks()).toEqual(new Set(["upstream"]));
    expect((await check(lab, { ...CALM, "when-no-gateways": "unreachable" })).bad).toEqual([]);
  });
});
