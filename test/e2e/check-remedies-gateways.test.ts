/** Each remedy of the check command for a gateway that fails its probe, carried out: with it, the gateway is healthy. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { runIn } from "./lab/executable.ts";
import { answeringJson, reporting, SERVICE_PORT } from "./lab/ddns.ts";
import {
  addressOf,
  answering,
  type FakeGateway,
  garbling,
  type Lab,
  openLab,
  PORT,
  publicOf,
  refusing,
  resetting,
  slow,
} from "./lab/index.ts";
import { type Case, cure, expectInRemedy, paste, type Setup } from "./lab/remedies.ts";
import { addCertified, at, CERTIFIED, onlyAt, serveSite, TRUSTING } from "./lab/web.ts";

setDefaultTimeout(60_000);

type GatewayCase = Omit<Case<Lab>, "topic"> & { readonly gateway?: string };

async function cureGateway({ gateway = addressOf(1), ...rest }: GatewayCase): Promise<void> {
  await cure(await openLab({ gateways: 1 }), { topic: `gateway ${gateway}`, ...rest });
}

const describeCases = (title: string, cases: Record<string, GatewayCase>): void =>
  describe(title, () => {
    test.each(Object.entries(cases))("%s", async (_, one) => cureGateway(one));
  });

const ok = (): Response => new Response("ok\n");

/** The gateway's server moves from 127.0.0.1 to the address that the remedy sets in a variable of Gluetun. */
const atLoopback = (variable: string, port: number, others: readonly number[] = []): GatewayCase => {
  let stop: () => void;
  return {
    make(lab) {
      lab.gateway(1).becomes(refusing);
      stop = serveSite(lab, lab.gatewaySpace(1), { hostname: "127.0.0.1", port, fetch: ok });
      for (const other of others) lab.serve(lab.gatewaySpace(1), addressOf(1), other);
      return { flags: { port } };
    },
    carryOut(remedy, lab) {
      stop();
      const [host, itsPort] = expectInRemedy(remedy, new RegExp(`set ${variable}=([\\d.:]+)`)).split(":");
      serveSite(lab, lab.gatewaySpace(1), { hostname: host || "0.0.0.0", port: Number(itsPort), fetch: ok });
    },
  };
};

describeCases("a gateway whose server accepts no other machine is healthy after the remedy:", {
  "the health server of Gluetun": atLoopback("HEALTH_SERVER_ADDRESS", PORT),
  "its health server, beside a control server that answers": atLoopback("HEALTH_SERVER_ADDRESS", PORT, [8000]),
  "its health server at another port": atLoopback("HEALTH_SERVER_ADDRESS", 9998),
  "its control server": atLoopback("HTTP_CONTROL_SERVER_ADDRESS", 8000),
});

/** The gateway's server answers 200 only at one place, and the remedy is to probe there. */
const elsewhere = (answer: () => Response, pattern: RegExp): GatewayCase => ({
  make(lab) {
    serveSite(lab, lab.gatewaySpace(1), { hostname: addressOf(1), port: 80, fetch: onlyAt("/well", answer) });
    return { flags: at(80) };
  },
  carryOut(remedy) {
    expectInRemedy(remedy, pattern);
    return { flags: { path: "/well" } };
  },
});

describeCases("a gateway that answers something other than 200 is healthy with the flags of the remedy:", {
  "a redirect to another path": elsewhere(
    () => Response.redirect("/well", 302),
    /set -scheme, -port and -path .*target/,
  ),
  "a path that does not exist": elsewhere(
    () => new Response("", { status: 404 }),
    /^the gateway has no \/: set -path$/,
  ),
  "a path that needs credentials": elsewhere(() => new Response("", { status: 401 }), /^choose a -path that needs no/),
  "a path that it forbids": elsewhere(() => new Response("", { status: 403 }), /^choose a -path that needs no/),
  "a request that it does not accept": elsewhere(
    () => new Response("", { status: 400 }),
    /check -scheme http, -port .*-path/,
  ),
  "a redirect to https": {
    gateway: CERTIFIED,
    async make(lab) {
      await addCertified(lab);
      const site = { hostname: CERTIFIED, fetch: () => Response.redirect(`https://${CERTIFIED}:8443/well`, 301) };
      serveSite(lab, lab.gatewaySpace(1), { ...site, port: 80 });
      const fetch = onlyAt("/well", () => new Response("", { status: 404 }));
      serveSite(lab, lab.gatewaySpace(1), { hostname: CERTIFIED, port: 8443, fetch, tls: "wrong-name" });
      return { flags: at(80, CERTIFIED), options: { env: TRUSTING } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /set -scheme, -port and -path .*target/);
      return { flags: { scheme: "https", port: 8443, path: "/well" } };
    },
  },
});

/** Its service for the public address answers that there is none until its VPN is up again. */
function withoutAddress(): GatewayCase {
  let tunnel: FakeGateway;
  return {
    make(lab) {
      tunnel = lab.serve(lab.gatewaySpace(1), addressOf(1), SERVICE_PORT);
      tunnel.becomes(answeringJson({ public_ip: "" }));
      const service = { "public-ip-service-scheme": "http", "public-ip-service-port": SERVICE_PORT };
      return { flags: { "public-ip-required": true, ...service } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /its VPN is down$/);
      tunnel.becomes(reporting(publicOf(1)));
    },
  };
}

describeCases("a gateway that reports its own fault is healthy when that is gone:", {
  "status 503": {
    make: (lab) => lab.gateway(1).becomes(answering(503)),
    carryOut(remedy, lab) {
      expectInRemedy(remedy, /read its own log \(Gluetun: the VPN is down or connecting\)$/);
      lab.gateway(1).becomes(answering(200));
    },
  },
  "no public address, with -public-ip-required": withoutAddress(),
});

/** A firewall of the gateway answers with an ICMP message of this type. */
const rejecting = (type: string): GatewayCase => ({
  async make(lab) {
    const reject = `chain in { type filter hook input priority 0; tcp dport ${PORT} reject with icmp ${type}; }`;
    await paste(lab.gatewaySpace(1), `nft 'table ip grm { ${reject}; }'`);
  },
  async carryOut(remedy, lab) {
    expectInRemedy(remedy, /and that no firewall on the path rejects the probe$/);
    await paste(lab.gatewaySpace(1), "nft delete table ip grm");
  },
});

describeCases("a gateway that gives no HTTP answer is healthy after the remedy:", {
  "another service at the port": {
    make(lab) {
      lab.serve(lab.gatewaySpace(1), addressOf(1), 22).becomes(garbling);
      return { flags: { port: 22 } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /^the server at this port does not speak http: check -port/);
      return { flags: { port: PORT } };
    },
  },
  "connections that it closes": {
    make: (lab) => lab.gateway(1).becomes(resetting),
    carryOut(remedy, lab) {
      expectInRemedy(
        remedy,
        /^the gateway closed the connection: check -scheme http, and that it accepts this machine$/,
      );
      lab.gateway(1).becomes(answering(200));
    },
  },
  "answers that come late": {
    make(lab) {
      lab.gateway(1).becomes(slow(700));
      return { flags: { timeout: "300ms" } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /or raise -timeout$/);
      return { flags: { timeout: "3s" } };
    },
  },
  "a firewall of the gateway": {
    async make(lab) {
      const drop = `chain in { type filter hook input priority 0; tcp dport ${PORT} drop; }`;
      await paste(lab.gatewaySpace(1), `nft 'table ip grm { ${drop}; }'`);
      return { flags: { timeout: "300ms" } };
    },
    async carryOut(remedy, lab) {
      expectInRemedy(remedy, /^check the firewalls on the path to the gateway/);
      await paste(lab.gatewaySpace(1), "nft delete table ip grm");
    },
  },
  "a firewall of the gateway that reports an unreachable host": rejecting("host-unreachable"),
  "a firewall of the gateway that reports a prohibited host": rejecting("admin-prohibited"),
  "a firewall of the gateway that reports an unreachable protocol": rejecting("prot-unreachable"),
  "an address that no machine has": {
    async make(lab) {
      await lab.gatewaySpace(1).ip("address", "delete", `${addressOf(1)}/24`, "dev", "eth0");
      return { flags: { timeout: "300ms" } };
    },
    async carryOut(remedy, lab) {
      expectInRemedy(remedy, /^check that the gateway is running, and that this is its address$/);
      await lab.gatewaySpace(1).ip("address", "add", `${addressOf(1)}/24`, "dev", "eth0");
      return { flags: { timeout: "2s" } };
    },
  },
});

/** A route of this machine is in the way: the command of the remedy shows it, and it is deleted. */
const withRoute = (type: string): GatewayCase => ({
  make: async (lab) => void (await lab.router.ip("route", "add", type, addressOf(1))),
  async carryOut(remedy, lab) {
    const command = expectInRemedy(remedy, new RegExp(`\\((ip route get ${addressOf(1).replaceAll(".", "\\.")})\\)`));
    expect((await runIn(lab.router, command.split(" "))).status).not.toBe(0);
    await lab.router.ip("route", "delete", type, addressOf(1));
  },
});

describeCases("a gateway that this machine sends no packets to is healthy without what is in the way:", {
  "a prohibit route": withRoute("prohibit"),
  "a blackhole route": withRoute("blackhole"),
  "an unreachable route": withRoute("unreachable"),
  "a firewall": {
    async make(lab) {
      const drop = `chain out { type filter hook output priority 0; tcp dport ${PORT} drop; }`;
      await paste(lab.router, `nft 'table ip grm { ${drop}; }'`);
      return { flags: { timeout: "300ms" } } satisfies Setup;
    },
    async carryOut(remedy, lab) {
      expectInRemedy(remedy, /firewall/);
      await paste(lab.router, "nft delete table ip grm");
    },
  },
});

test.each<[string, Setup]>([
  ["with a higher limit", { options: { wrapper: ["prlimit", "--nofile=1024:1024"] } }],
  ["with fewer gateways", { flags: { "end-ip": addressOf(10) } }],
])("a range that needs more sockets than the limit allows is probed %s", async (_, change) => {
  const [, after] = await cure(await openLab({ gateways: 100, shared: true }), {
    topic: `gateway ${addressOf(60)}`,
    make(lab) {
      for (const gateway of lab.gateways) gateway.becomes(slow(1500)); // no socket is free again before that probe
      return { flags: { timeout: "4s" }, options: { wrapper: ["prlimit", "--nofile=60:60"] } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /^raise the limits of this machine \(ulimit -n\), or probe fewer gateways$/);
      return change;
    },
  });
  expect(after!.status).toBe(0);
});
