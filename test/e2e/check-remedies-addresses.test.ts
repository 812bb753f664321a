/** Each remedy of the check command about public addresses, carried out: with it, the finding is gone. */
import { expect, setDefaultTimeout } from "bun:test";

import { withClock } from "./lab/clock.ts";
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
} from "./lab/index.ts";
import { curesIn, expectInRemedy, type Setup, takeFlags, type TopicCase } from "./lab/remedies.ts";
import { resolverWith, withFile } from "./lab/resolver.ts";
import { addCertified, CERTIFIED, serveSite, type Site, TRUSTING } from "./lab/web.ts";

setDefaultTimeout(60_000);

type AddressCase = TopicCase<DdnsLab>;

const describeCases = curesIn(async () => (await openDdnsLab({ gateways: 1 })).ddns);

const service = (scheme: string, port: number, path: string) => ({
  "public-ip-service-scheme": scheme,
  "public-ip-service-port": port,
  "public-ip-service-path": path,
});
const PATH = "/v1/publicip/ip";

/** The service answers in a way that is its own fault, until that is gone. */
const faulty = (behaviour: Behaviour, pattern: RegExp): AddressCase => ({
  make: (ddns) => ddns.service(1).becomes(behaviour),
  carryOut(remedy, ddns) {
    expectInRemedy(remedy, pattern);
    ddns.service(1).becomes(reporting(publicOf(1)));
  },
});

/** A Gluetun that asks a service for its address as often as it connects: never again, where that one declines. */
function behindGluetun(): AddressCase {
  const connect = (ddns: DdnsLab, api: "ipinfo" | "ip2location"): void =>
    ddns.service(1).becomes(api === "ipinfo" ? answeringJson({ public_ip: "" }) : reporting(publicOf(1)));
  return {
    make: (ddns) => connect(ddns, "ipinfo"),
    carryOut(remedy, ddns) {
      expectInRemedy(
        remedy,
        /Gluetun asks for its address once per connection: .*choose another service with PUBLICIP_API$/,
      );
      connect(ddns, "ip2location");
    },
  };
}

const OTHERWISE = /^check the -public-ip-service-\.\.\. flags, and the service's own log$/;

/** The flags of the remedy, which are those of Gluetun's control server. */
const takeControlServer: AddressCase["carryOut"] = (remedy) => {
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
  (fetch: Site["fetch"], setup: Setup = {}): AddressCase["make"] =>
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
  "a clock that is right": {
    async make({ lab }) {
      await addCertified(lab);
      const target = { hostname: CERTIFIED, port: 8443, tls: "wrong-name" };
      serveSite(lab, lab.gatewaySpace(1), { ...target, fetch: address });
      const flags = { ...service("https", 8443, PATH), "public-ip-service-hostname": CERTIFIED };
      return { flags, options: { env: { ...TRUSTING, ...withClock("-10y") } } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /must be valid for its name or address, and by the clock of this machine \(/);
      return { options: { env: TRUSTING } };
    },
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
  "another service in PUBLICIP_API": behindGluetun(),
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
