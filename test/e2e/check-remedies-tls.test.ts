/** Each remedy of the check command for a gateway that fails its probe over TLS, carried out: with it, the gateway is healthy. */
import { expect, setDefaultTimeout } from "bun:test";

import { withClock } from "./lab/clock.ts";
import { type Lab, openLab } from "./lab/index.ts";
import { curesIn, expectInRemedy, setting, takeFlags, type TopicCase } from "./lab/remedies.ts";
import { addCertified, at, CERTIFIED, serveSite, TRUSTING } from "./lab/web.ts";

setDefaultTimeout(60_000);

/** A lab whose only gateway also has the address of its certificate. */
async function openCertified(): Promise<Lab> {
  const lab = await openLab({ gateways: 1 });
  await addCertified(lab);
  return lab;
}

const ok = (): Response => new Response("ok\n");

/** A site of the gateway, with a certificate of this name. */
const site = (lab: Lab, tls?: string): (() => void) =>
  serveSite(lab, lab.gatewaySpace(1), { hostname: CERTIFIED, port: 8443, fetch: ok, ...(tls && { tls }) });

const VALID = "wrong-name"; // the name of the certificate that is valid for CERTIFIED
const HTTP = { ...at(8443, CERTIFIED), scheme: "http" };
const HTTPS = { ...HTTP, scheme: "https" };
const TRUSTED = { env: TRUSTING };

/** The gateway gets a certificate that is valid for its address. */
const withCertificate = (name: string): TopicCase<Lab> => {
  let stop: () => void;
  return {
    make(lab) {
      stop = site(lab, name);
      return { flags: HTTPS, options: TRUSTED };
    },
    carryOut(remedy, lab) {
      expectInRemedy(remedy, /^its certificate must be valid for its address/);
      stop();
      site(lab, VALID);
    },
  };
};

curesIn(openCertified)("a gateway that is probed over TLS is healthy after the remedy:", `gateway ${CERTIFIED}`, {
  "its authority is unknown here": {
    make(lab) {
      site(lab, VALID);
      return { flags: HTTPS };
    },
    carryOut(remedy) {
      expect(expectInRemedy(remedy, /\((\w+) names the file of an authority\)/)).toBe(Object.keys(TRUSTING)[0]!);
      return { options: TRUSTED };
    },
  },
  "its certificate is for another address": withCertificate("right"),
  "its certificate has expired": withCertificate("expired"),
  "its certificate is signed by itself": withCertificate("self-signed"),
  "the clock of this machine is wrong": setting(
    (lab) => {
      site(lab, VALID);
      return { flags: HTTPS, options: { env: { ...TRUSTING, ...withClock("-10y") } } };
    },
    /and by the clock of this machine \(/,
    { options: TRUSTED },
  ),
  "it speaks no TLS": {
    make(lab) {
      site(lab);
      return { flags: HTTPS };
    },
    carryOut: (remedy) => takeFlags(expectInRemedy(remedy, /or use (-scheme http)$/)),
  },
  "it speaks nothing but TLS": setting(
    (lab) => {
      site(lab, VALID);
      return { flags: HTTP, options: TRUSTED };
    },
    /check (-port and )?-scheme/,
    { flags: { scheme: "https" } },
  ),
});
