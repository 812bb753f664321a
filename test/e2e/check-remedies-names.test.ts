/** Each remedy of the check command about the DNS name, carried out: with it, the finding is gone. */
import { setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { withClock } from "./lab/clock.ts";
import { answering, type DdnsLab, garbling, openDdnsLab, ROUTER, UPSTREAM } from "./lab/index.ts";
import { cure, curesIn, expectInRemedy, paste, setting, type TopicCase } from "./lab/remedies.ts";
import { resolverWith } from "./lab/resolver.ts";
import { serveSite } from "./lab/web.ts";

setDefaultTimeout(60_000);

type NameCase = TopicCase<DdnsLab>;

const describeCases = curesIn(async () => (await openDdnsLab({ gateways: 1 })).ddns);

describeCases("this machine updates the name after the remedy:", "ddns duty", {
  "it gets the address": {
    make: () => ({ flags: { "ddns-require-ip-address": "10.77.0.200" } }),
    async carryOut(remedy, { lab }) {
      expectInRemedy(remedy, /check keepalived/);
      await lab.router.ip("address", "add", "10.77.0.200/24", "dev", "gw0");
    },
  },
  "the flag has an address of it": setting(
    () => ({ flags: { "ddns-require-ip-address": "10.77.0.200" } }),
    /and -ddns-require-ip-address$/,
    { flags: { "ddns-require-ip-address": ROUTER } },
  ),
});

const API = `https://${UPSTREAM}:8443/v2`;
const NAMED = { flags: { "ddns-api-url": "https://api.provider.test:8443/v2" } };

/** Opens the API over HTTP at another address of the provider, and returns the flag for it. */
function overHttp({ lab, dynu }: DdnsLab, hostname: string): { "ddns-api-url": string } {
  const { close } = dynu.listen({ hostname, port: 8080, enter: (action) => lab.upstream.enter(action) });
  lab.onClose(close);
  return { "ddns-api-url": `http://${hostname}:8080/v2` };
}

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
    () => ({ options: { env: { DDNS_PASSWORD: "wrong" } } }),
    /^check -ddns-password and -ddns-api-url$/,
    { options: {} },
  ),
  "a name that the account has": setting(
    () => ({ flags: { "ddns-hostname": "gw.example.org" } }),
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
    () => ({ options: { env: { NODE_EXTRA_CA_CERTS: "" } } }),
    /NODE_EXTRA_CA_CERTS names the file of another authority/,
    { options: {} },
  ),
  "a clock that is right": setting(
    () => ({ options: { env: withClock("-10y") } }), // its certificate is from 2020
    /^check the clock of this machine/,
    { options: {} },
  ),
  "a higher limit of sockets": {
    make(ddns) {
      const folder = mkdtempSync(join(tmpdir(), "grm-check-"));
      ddns.lab.onClose(() => rmSync(folder, { recursive: true }));
      const file = join(folder, "pid");
      // Its limit is lowered between its first call of the provider, which lasts, and the second one.
      ddns.dynu.fail({ kind: "slow", ms: 1500 }, { call: "getroot" });
      void ddns.dynu.next("getroot", "arrived").then(() => {
        Bun.spawnSync(["prlimit", `--pid=${readFileSync(file, "utf8").trim()}`, "--nofile=3:1024"]);
      });
      const wrapper = ["sh", "-c", `echo $$ >${file}; exec "$0" "$@"`];
      return { flags: overHttp(ddns, UPSTREAM), options: { wrapper } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /^raise the limits of this machine \(ulimit -n\)$/);
      return { options: {} };
    },
  },
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
  lab.gateway(1).becomes(answering(503));
  const flags = { "when-no-gateways": "unreachable", ...overHttp(ddns, provider) };
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
