/** Keys and passwords reach the one server they are meant for, and no other. */
import { readFileSync } from "node:fs";
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  addressOf,
  answering,
  type Daemon,
  type DdnsLab,
  type Lab,
  openDdnsLab,
  publicOf,
  refusing,
  SERVICE_PORT,
  reporting,
  UPSTREAM,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

const USER = "router";
const PASSWORD = "p4ss: wörd/+=";
const SERVICE_KEY = "gluetun-KEY/77+x";
const BASIC = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;

/** Everything that a running executable shows to people and machines. */
async function shownBy(daemon: Daemon): Promise<string> {
  const pages = await Promise.all(["/metrics", "/readyz", "/healthz", "/"].map((path) => daemon.get(path)));
  const commandLine = readFileSync(`/proc/${daemon.pid}/cmdline`, "latin1");
  return [daemon.log, daemon.stderr, commandLine, ...pages.map(({ body }) => body)].join("\n");
}

function expectNone(text: string, secrets: readonly string[]): void {
  for (const secret of secrets) expect(text).not.toContain(secret);
}

const headersOf = (requests: readonly { headers: Headers }[], name: string): Set<string | null> =>
  new Set(requests.map(({ headers }) => headers.get(name)));

/** Checks who was sent what, given what the services should have got. */
function expectSent(
  lab: Lab,
  ddns: DdnsLab,
  wanted: { authorization: string | null; "x-api-key": string | null },
): void {
  for (const { requests } of ddns.services) {
    for (const [name, value] of Object.entries(wanted)) expect(headersOf(requests, name)).toEqual(new Set([value]));
    expect(headersOf(requests, "api-key")).toEqual(new Set([null]));
    expect(headersOf(requests, "accept")).toEqual(new Set(["application/json"]));
  }
  expect(headersOf(ddns.dynu.requests, "api-key")).toEqual(new Set([ddns.dynu.key]));
  const others = [...lab.gateways.flatMap(({ requests }) => requests)];
  for (const name of Object.keys(wanted))
    expect(headersOf([...others, ...ddns.dynu.requests], name)).toEqual(new Set([null]));
  expect(headersOf(others, "api-key")).toEqual(new Set([null]));
}

test("basic authentication: the service gets it, and no other server does", async () => {
  const { lab, ddns } = await openDdnsLab();
  const env = { PUBLIC_IP_SERVICE_PASSWORD: PASSWORD };
  const daemon = ddns.start({ "public-ip-service-username": USER }, { env });
  await ddns.untilReadBack([1, 2, 3]);
  expectSent(lab, ddns, { authorization: BASIC, "x-api-key": null });
  expectNone(await shownBy(daemon), [PASSWORD, BASIC.slice("Basic ".length), ddns.dynu.key]);
});

test("a key for the services and one for the provider, each out of a file", async () => {
  const { lab, ddns } = await openDdnsLab();
  const env = {
    GRM_PUBLIC_IP_SERVICE_API_KEY_FILE: lab.file("service-key", `${SERVICE_KEY}\n`),
    GRM_DDNS_PASSWORD_FILE: lab.file("provider-key", `${ddns.dynu.key}\n`),
    DDNS_PASSWORD: "",
  };
  const daemon = ddns.start({}, { env });
  await ddns.untilReadBack([1, 2, 3]);
  expectSent(lab, ddns, { authorization: null, "x-api-key": SERVICE_KEY });
  expectNone(await shownBy(daemon), [SERVICE_KEY, ddns.dynu.key]);
});

test("a key that the provider rejects is not shown either", async () => {
  const { ddns } = await openDdnsLab();
  const daemon = ddns.start({}, { env: { DDNS_PASSWORD: SERVICE_KEY } });
  await daemon.log.next(/level=error.*401/);
  expectNone(await shownBy(daemon), [SERVICE_KEY]);
});

test("no credentials: none are sent", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  expectSent(lab, ddns, { authorization: null, "x-api-key": null });
});

test("servers that echo a secret do not get it into log or metrics", async () => {
  const { ddns } = await openDdnsLab();
  const { key } = ddns.dynu;
  ddns.service(1).becomes(answering(200, { body: `${SERVICE_KEY} ${PASSWORD} is not allowed` }));
  ddns.service(2).becomes(answering(200, { body: JSON.stringify({ ip: `${PASSWORD} ${SERVICE_KEY}` }) }));
  const echo = { type: `Echo ${key}`, message: `Key ${key} is wrong.` };
  ddns.dynu.fail({ kind: "garbage", body: `<p>${key}</p>` }, { times: 1 });
  ddns.dynu.fail({ kind: "body", statusCode: 500, ...echo, nested: true }, { times: 1 });
  const daemon = ddns.start(
    { "public-ip-service-username": USER },
    { env: { PUBLIC_IP_SERVICE_PASSWORD: PASSWORD, GRM_PUBLIC_IP_SERVICE_API_KEY: SERVICE_KEY } },
  );
  await daemon.log.next(/cannot determine the public address of 10\.77\.0\.11/);
  await daemon.log.next(/cannot determine the public address of 10\.77\.0\.12/);
  await daemon.log.next(/level=warn.*expected Dynu's JSON/);
  await daemon.log.next(/level=warn.*500.*Echo/);
  await ddns.untilReadBack([3]);
  expectNone(await shownBy(daemon), [key, PASSWORD, SERVICE_KEY]);
});

test("redirects lead neither the key of the provider nor those of the services anywhere", async () => {
  const { lab, ddns } = await openDdnsLab();
  const trap = lab.serve(lab.upstream, UPSTREAM, 8080);
  const Location = `http://${UPSTREAM}:8080/trap`;
  ddns.service(2).becomes(answering(307, { headers: { Location } }));
  ddns.dynu.fail({ kind: "http", status: 307, headers: { Location } }, { times: 1 });
  const daemon = ddns.start({}, { env: { GRM_PUBLIC_IP_SERVICE_API_KEY: SERVICE_KEY } });
  await daemon.log.next(/cannot determine the public address of 10\.77\.0\.12: status 307/);
  await daemon.log.next(/level=warn.*ddns: .*HTTP status 307/);
  expect(trap.requests).toEqual([]);
  expect(ddns.writes()).toEqual([]);
});

test("a provider whose certificate no known authority signed gets no key", async () => {
  const { ddns } = await openDdnsLab();
  const NODE_EXTRA_CA_CERTS = new URL("../fixtures/probe-tls/authority.pem", import.meta.url).pathname;
  const daemon = ddns.start({}, { env: { NODE_EXTRA_CA_CERTS } });
  await daemon.log.next(/level=warn.*Dynu cannot be reached: TLS/);
  await daemon.untilMetrics("two errors", (it) => it.value("ddns_errors_total", { kind: "passing" }) >= 2);
  expect(ddns.dynu.requests).toEqual([]);
});

test("a look-up uses no proxy, and goes to the gateway itself", async () => {
  const { lab, ddns } = await openDdnsLab();
  const proxy = lab.serve(lab.upstream, UPSTREAM, 8080);
  proxy.becomes(reporting("1.0.0.99"));
  const url = `http://${UPSTREAM}:8080`;
  ddns.start({}, { env: { HTTP_PROXY: url, http_proxy: url } });
  await ddns.untilReadBack([1, 2, 3]);
  expect(proxy.requests).toEqual([]);
  for (const { requests } of ddns.services) {
    expect(new Set(requests.map(({ method, target }) => `${method} ${target}`))).toEqual(
      new Set(["GET /v1/publicip/ip"]),
    );
  }
});

test("-public-ip-service-hostname: one service answers for all gateways, by its name", async () => {
  const { lab, ddns } = await openDdnsLab();
  const name = "my-address.example.net";
  const service = lab.serve(lab.upstream, UPSTREAM, SERVICE_PORT);
  service.becomes(answering(200, { body: `${publicOf(7)}\n` }));
  const hosts = lab.file("hosts", `${UPSTREAM} ${name}\n`);
  const wrapper = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts];
  const daemon = ddns.start(
    { "public-ip-service-hostname": name, "public-ip-service-username": USER },
    { wrapper, env: { PUBLIC_IP_SERVICE_PASSWORD: PASSWORD } },
  );
  await ddns.untilReadBack([publicOf(7)]);
  expect(headersOf(service.requests, "host")).toEqual(new Set([`${name}:${SERVICE_PORT}`]));
  expect(headersOf(service.requests, "authorization")).toEqual(new Set([BASIC]));
  expect(ddns.services.flatMap(({ requests }) => requests)).toEqual([]);

  service.becomes(refusing);
  await daemon.log.next(new RegExp(`cannot determine the public address of ${addressOf(1)}: connection refused`));
  lab.gateway(3).becomes(answering(503));
  await lab.untilRouted([1, 2]);
  await ddns.untilResolves([publicOf(7)]);
});
