/** Each remedy of the check command about the DNS name and public addresses, carried out: with it, the finding is gone. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { answeringJson, publicOf, reporting, SERVICE_PORT } from "./lab/ddns.ts";
import {
  addressOf,
  answering,
  type Behaviour,
  type DdnsLab,
  garbling,
  openDdnsLab,
  refusing,
  resetting,
  ROUTER,
  UPSTREAM,
} from "./lab/index.ts";
import { type Case, cure, expectInRemedy, paste, type Setup, takeFlags } from "./lab/remedies.ts";
import { resolverWith, withFile } from "./lab/resolver.ts";
import { addCertified, CERTIFIED, serveSite, type Site, TRUSTING } from "./lab/web.ts";

setDefaultTimeout(60_000);

type NameCase = Omit<Case<DdnsLab>, "topic">;

const describeCases = (title: string, topic: string, cases: Record<string, NameCase>): void =>
  describe(title, () => {
    test.each(Object.entries(cases))("%s", async (_, one) => {
      const { ddns } = await openDdnsLab({ gateways: 1 });
      await cure(ddns, { topic, ...one });
    });
  });

/** A setting that is wrong, and the one that the remedy speaks of. */
const setting = (wrong: Setup, pattern: RegExp, right: Setup): NameCase => ({
  make: () => wrong,
  carryOut(remedy) {
    expectInRemedy(remedy, pattern);
    return right;
  },
});

describeCases("this machine updates the name after the remedy:", "ddns duty", {
  "it gets the address": {
    make: () => ({ flags: { "ddns-require-ip-address": "10.77.0.200" } }),
    async carryOut(remedy, { lab }) {
      expectInRemedy(remedy, /check keepalived/);
      await lab.router.ip("address", "add", "10.77.0.200/24", "dev", "gw0");
    },
  },
  "the flag has an address of it": setting(
    { flags: { "ddns-require-ip-address": "10.77.0.200" } },
    /and -ddns-require-ip-address$/,
    { flags: { "ddns-require-ip-address": ROUTER } },
  ),
});

const API = `https://${UPSTREAM}:8443/v2`;
const NAMED = { flags: { "ddns-api-url": "https://api.provider.test:8443/v2" } };

/** A fault of the provider that passes. */
const passing = (fault: Parameters<DdnsLab["dynu"]["fail"]>[0], pattern: RegExp): NameCase => ({
  make: ({ dynu }) => dynu.fail(fault, { call: "list" }),
  carryOut: (remedy, { dynu }) => {
    expectInRemedy(remedy, pattern);
    dynu.heal();
  },
});

/** A firewall or route that keeps packets from the provider, and is removed. */
const inTheWay = (add: string, remove: string, pattern: RegExp, side: "router" | "upstream" = "router"): NameCase => ({
  async make({ lab }) {
    await paste(lab[side], add);
    return { flags: { "ddns-timeout": "1s" } };
  },
  async carryOut(remedy, { lab }) {
    expectInRemedy(remedy, pattern);
    await paste(lab[side], remove);
  },
});

const firewall = (verdict: string): string =>
  `nft 'table ip grm { chain in { type filter hook input priority 0; tcp dport 8443 ${verdict}; }; }'`;
const NO_FIREWALL = "nft delete table ip grm";

describeCases("the records can be read after the remedy:", "ddns records", {
  "the right key": setting(
    { options: { env: { DDNS_PASSWORD: "wrong" } } },
    /^check -ddns-password and -ddns-api-url$/,
    { options: {} },
  ),
  "a name that the account has": setting(
    { flags: { "ddns-hostname": "gw.example.org" } },
    /^check -ddns-hostname and -ddns-api-url$/,
    { flags: { "ddns-hostname": "gw.example.net" } },
  ),
  "a name inside the domain": {
    make: () => ({ flags: { "ddns-hostname": "example.net" } }),
    carryOut: (remedy) => ({
      flags: { "ddns-hostname": expectInRemedy(remedy, /use a name inside it, such as (\S+)$/) },
    }),
  },
  "an account in order": passing(
    { kind: "body", statusCode: 504, type: "Membership Exception", message: "Not a member." },
    /^check the account at Dynu$/,
  ),
  "another time, when the provider has no fault": passing({ kind: "http", status: 502 }, /^run check again later/),
  "the URL of the API, where a page is there": {
    make({ lab }) {
      const fetch = (): Response => new Response("<html>hello</html>");
      serveSite(lab, lab.upstream, { hostname: UPSTREAM, port: 8080, fetch });
      return { flags: { "ddns-api-url": `http://${UPSTREAM}:8080/v2` } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /check -ddns-api-url/);
      return { flags: { "ddns-api-url": API } };
    },
  },
  "the URL of the API, where another service is there": {
    make({ lab }) {
      lab.serve(lab.upstream, UPSTREAM, 22).becomes(garbling);
      return { flags: { "ddns-api-url": `http://${UPSTREAM}:22/v2` } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /^check -ddns-api-url/);
      return { flags: { "ddns-api-url": API } };
    },
  },
  "the authority of the provider": setting(
    { options: { env: { NODE_EXTRA_CA_CERTS: "" } } },
    /NODE_EXTRA_CA_CERTS names the file of another authority/,
    { options: {} },
  ),
  "a name server that knows the provider": {
    make: async ({ lab }) => ({ ...NAMED, options: await resolverWith(lab, { A: "none", AAAA: "none" }) }),
    async carryOut(remedy, { lab }) {
      expectInRemedy(remedy, /^check the name servers of this machine \(\/etc\/resolv\.conf\)/);
      return { options: await resolverWith(lab, { A: UPSTREAM, AAAA: "none" }, "127.0.0.98") };
    },
  },
  "no prohibit route": inTheWay(
    `ip route add prohibit ${UPSTREAM}`,
    `ip route delete prohibit ${UPSTREAM}`,
    /^check the routes to it/,
  ),
  "no unreachable route": inTheWay(
    `ip route add unreachable ${UPSTREAM}`,
    `ip route delete unreachable ${UPSTREAM}`,
    /^check the routes to it/,
  ),
  "no firewall that drops": inTheWay(firewall("drop"), NO_FIREWALL, /no firewall is in between$/, "upstream"),
  "no firewall that rejects": inTheWay(
    firewall("reject with tcp reset"),
    NO_FIREWALL,
    /no firewall is in between$/,
    "upstream",
  ),
  "no proxy for the provider": {
    make: () => ({ options: { env: { HTTPS_PROXY: `http://${UPSTREAM}:3128` } } }),
    carryOut(remedy) {
      const exception = expectInRemedy(remedy, /^check that proxy, or list (\S+) in NO_PROXY$/);
      return { options: { env: { HTTPS_PROXY: `http://${UPSTREAM}:3128`, NO_PROXY: exception } } };
    },
  },
});

test("the records can be read despite the kill switch with the exclusion of the remedy", async () => {
  const { lab, ddns } = await openDdnsLab({ gateways: 1 });
  const provider = "9.9.9.9";
  const { close } = ddns.dynu.listen({ hostname: provider, port: 8080, enter: (action) => lab.upstream.enter(action) });
  lab.onClose(close);
  lab.gateway(1).becomes(answering(503));
  const flags = { "when-no-gateways": "unreachable", "ddns-api-url": `http://${provider}:8080/v2` };
  let daemon = ddns.start(flags);
  await daemon.untilReady();
  await cure(ddns, {
    topic: "ddns records",
    make: () => ({ flags }),
    async carryOut(remedy) {
      const exclusion = { [expectInRemedy(remedy, /unless -(exclude-cidr) has its addresses$/)]: `${provider}/32` };
      await daemon.stop();
      daemon = ddns.start({ ...flags, ...exclusion });
      await daemon.untilReady();
      return { flags: exclusion };
    },
  });
});

const service = (scheme: string, port: number, path: string) => ({
  "public-ip-service-scheme": scheme,
  "public-ip-service-port": port,
  "public-ip-service-path": path,
});
const PATH = "/v1/publicip/ip";

/** The service answers in a way that is its own fault, until that is gone. */
const faulty = (behaviour: Behaviour, pattern: RegExp): NameCase => ({
  make: (ddns) => ddns.service(1).becomes(behaviour),
  carryOut(remedy, ddns) {
    expectInRemedy(remedy, pattern);
    ddns.service(1).becomes(reporting(publicOf(1)));
  },
});

const OTHERWISE = /^check the -public-ip-service-\.\.\. flags, and the service's own log$/;

/** The flags of the remedy, which are those of Gluetun's control server. */
const takeControlServer: NameCase["carryOut"] = (remedy) => {
  const setup = takeFlags(expectInRemedy(remedy, /Gluetun's control server: (.*)$/));
  expect(setup.flags).toEqual({
    "public-ip-service-scheme": "http",
    "public-ip-service-port": String(SERVICE_PORT),
    "public-ip-service-path": PATH,
  });
  return setup;
};

/** A site of the first gateway at port 8001, which reports its public address. */
const site =
  (fetch: Site["fetch"], setup: Setup = {}): NameCase["make"] =>
  ({ lab }) => {
    serveSite(lab, lab.gatewaySpace(1), { hostname: addressOf(1), port: 8001, fetch });
    return { ...setup, flags: { ...service("http", 8001, PATH), ...setup.flags } };
  };
const address = (): Response => Response.json({ public_ip: publicOf(1) });

/** A site that answers with the address to requests with this header alone. */
const guarded =
  (name: string, value: string): Site["fetch"] =>
  ({ headers }) =>
    headers.get(name) === value ? address() : new Response("", { status: 401 });

const BASIC = `Basic ${btoa("user:secret")}`;
const KEY = "public-ip-service-api-key";
const USER = "public-ip-service-username";
const PASSWORD = "public-ip-service-password";

describeCases("the public address is known after the remedy:", "public address", {
  "a gateway that is healthy": {
    make: ({ lab }) => lab.gateway(1).becomes(answering(503)),
    carryOut(remedy, { lab }) {
      expectInRemedy(remedy, /^see the findings about the gateways$/);
      lab.gateway(1).becomes(answering(200));
    },
  },
  "a control server for other machines": {
    make(ddns) {
      ddns.service(1).becomes(refusing);
    },
    carryOut(remedy, { lab }) {
      const [host, port] = expectInRemedy(remedy, /HTTP_CONTROL_SERVER_ADDRESS=(\S*:\d+) and not/).split(":");
      lab.serve(lab.gatewaySpace(1), host || "0.0.0.0", Number(port)).becomes(reporting(publicOf(1)));
    },
  },
  "the flags of the control server, instead of the defaults": {
    make: () => ({ flags: service("https", 443, "/") }),
    carryOut: takeControlServer,
  },
  "the flags of the control server, instead of https": {
    make({ lab }) {
      serveSite(lab, lab.gatewaySpace(1), { hostname: addressOf(1), port: 8443, fetch: address, tls: "right" });
      return { flags: service("https", 8443, "/") };
    },
    carryOut: takeControlServer,
  },
  "the flags of the control server, instead of those of another service": {
    make({ lab }) {
      lab.serve(lab.gatewaySpace(1), addressOf(1), 22).becomes(garbling);
      return { flags: service("http", 22, "/") };
    },
    carryOut: takeControlServer,
  },
  "a name that resolves": {
    async make({ lab }) {
      const options = await resolverWith(lab, { A: "none", AAAA: "none" });
      return { flags: { "public-ip-service-hostname": "ip.example.com" }, options };
    },
    carryOut(remedy, { lab }) {
      expectInRemedy(remedy, /^check -public-ip-service-hostname, and the name servers of this machine$/);
      return { options: withFile(lab, "/etc/hosts", `${addressOf(1)} ip.example.com\n`) };
    },
  },
  "the path": {
    make: site(({ url }) => (url.endsWith(PATH) ? address() : new Response("", { status: 404 })), {
      flags: { "public-ip-service-path": "/" },
    }),
    carryOut: takeFlags,
  },
  "a VPN that has connected": faulty(answeringJson({ public_ip: "" }), /^wait until the VPN has connected/),
  "private addresses are accepted": {
    make: (ddns) => ddns.service(1).becomes(reporting("10.1.2.3")),
    carryOut: (remedy) => ({ flags: { [expectInRemedy(remedy, /-(public-ip-allow-private) to accept it$/)]: true } }),
  },
  "an API key": {
    make: site(guarded("x-api-key", "secret")),
    carryOut: (remedy) => ({ flags: { [expectInRemedy(remedy, /or -(public-ip-service-api-key)$/)]: "secret" } }),
  },
  "user name and password": {
    make: site(guarded("authorization", BASIC)),
    carryOut(remedy) {
      expectInRemedy(remedy, /^set -public-ip-service-username and -public-ip-service-password/);
      return { flags: { [USER]: "user", [PASSWORD]: "secret" } };
    },
  },
  "the right API key": {
    make: site(guarded("x-api-key", "secret"), { flags: { [KEY]: "wrong" } }),
    carryOut: (remedy) => ({
      flags: { [expectInRemedy(remedy, /^check -(public-ip-service-api-key); Gluetun/)]: "secret" },
    }),
  },
  "the right password": {
    make: site(guarded("authorization", BASIC), { flags: { [USER]: "user", [PASSWORD]: "wrong" } }),
    carryOut(remedy) {
      expectInRemedy(remedy, /^check -public-ip-service-username and -public-ip-service-password; Gluetun/);
      return { flags: { [PASSWORD]: "secret" } };
    },
  },
  "a role with the route": {
    make: site(({ url }) => (url.endsWith("/allowed") ? address() : new Response("", { status: 403 })), {
      flags: { [KEY]: "secret" },
    }),
    carryOut(remedy) {
      expect(expectInRemedy(remedy, /must have the route GET (\S+)$/)).toBe(PATH);
      return { flags: { "public-ip-service-path": "/allowed" } }; // a path that the role has
    },
  },
  "the target of a redirect": {
    async make({ lab }) {
      await addCertified(lab);
      const target = { hostname: CERTIFIED, port: 8443, tls: "wrong-name" };
      serveSite(lab, lab.gatewaySpace(1), { ...target, fetch: address });
      serveSite(lab, lab.gatewaySpace(1), {
        hostname: addressOf(1),
        port: 8001,
        fetch: () => Response.redirect(`https://${CERTIFIED}:8443/ip`, 301),
      });
      return { flags: service("http", 8001, PATH), options: { env: TRUSTING } };
    },
    carryOut(remedy) {
      expectInRemedy(
        remedy,
        /^set -public-ip-service-scheme, -public-ip-service-hostname, -public-ip-service-port and -public-ip-service-path to the target of the redirect$/,
      );
      return { flags: { ...service("https", 8443, "/ip"), "public-ip-service-hostname": CERTIFIED } };
    },
  },
  "a service that has no fault": faulty(answering(500), OTHERWISE),
  "a service that does not close connections": faulty(resetting, OTHERWISE),
  "a service that answers with an address": faulty(answering(200, { body: "hello" }), OTHERWISE),
  "a service that answers with JSON that has it": faulty(answeringJson({ hello: 1 }), OTHERWISE),
});
