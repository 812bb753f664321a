import { afterEach, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";

import { reloadable } from "../../src/config/difference.ts";
import { parseConfigFile } from "../../src/config/file/config-of-file.ts";
import { placesBeside } from "../../src/config/places-beside.ts";
import type { Config } from "../../src/config/model.ts";
import { freePort } from "../fakes/free-port.ts";
import { answering, FakeGateway } from "../fakes/gateway.ts";
import { ADDRESSES, setUpGateways, start } from "./control-reload.fixture.ts";

setDefaultTimeout(60_000);

const [A] = ADDRESSES;
const { gateways, reset } = setUpGateways();
afterEach(reset);

const reporting = (address: string) => answering(200, { body: JSON.stringify({ public_ip: address }) });

/** A gateway whose service for its public address is under the control of the test, and configurations with DNS names. */
function setUpNames() {
  const service = new FakeGateway(A, freePort());
  onTestFinished(() => service.close());
  const configOf = (names: readonly string[], running?: Config): Config => {
    const text = [
      `[probe.http]\ntype = "http"\nport = ${gateways.get(A)!.port}\nperiod = "2s"\ntimeout = "2s"`,
      `[public-ip]\nservice-scheme = "http"\nservice-port = ${service.port}\nrefresh = "1s"`,
      `[[gateway]]\naddress = "${A}"`,
      ...names.map((name) => {
        return `[[ddns]]\nprovider = "dynudns"\nhostname = "${name}"\npassword-file = "k"\napi-url = "https://127.0.0.1:9"`;
      }),
    ].join("\n");
    const places = running && { placesOf: placesBeside(running.pools) };
    const parsed = parseConfigFile({ path: "f", text }, {}, { environment: {}, readFile: () => "key", ...places });
    if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
    return running ? reloadable(running, parsed.config) : parsed.config;
  };
  return { service, configOf };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let left = 5000; !isSo() && left > 0; left -= 10) await Bun.sleep(10);
  expect(isSo()).toBe(true);
}

test("what several names of a pool know of its gateways is reported once", async () => {
  const { service, configOf } = setUpNames();
  service.becomes(reporting("1.0.0.1"));
  const { events } = await start(configOf(["a.example.net", "b.example.net"]));
  const states = () => events.flatMap((event) => (event.type === "public-ip-state" ? event.state : []));
  await until(() => states().at(-1) === "known");
  service.becomes(answering(503));
  await until(() => states().at(-1) === "kept");
  expect(states()).toEqual(["unknown", "known", "kept"]);
});

test("a name that a reload adds begins at once, and one that it takes away ends", async () => {
  const { service, configOf } = setUpNames();
  service.becomes(reporting("1.0.0.1"));
  const first = configOf(["a.example.net"]);
  const { events, reload } = await start(first);
  const namesOf = (some: readonly object[]): Set<unknown> =>
    new Set(some.flatMap((event) => ("dnsName" in event ? String(event.dnsName).split(" ")[0] : [])));
  await until(() => namesOf(events).has("a.example.net"));
  const both = configOf(["a.example.net", "b.example.net"], first);
  await reload(both);
  await until(() => namesOf(events).has("b.example.net"));
  await reload(configOf(["b.example.net"], both));
  const count = events.length;
  service.becomes(reporting("1.0.0.2")); // every name has something to do
  await until(() => events.some((event) => event.type === "ddns-desired" && event.addresses?.includes("1.0.0.2")));
  expect([...namesOf(events.slice(count))]).toEqual(["b.example.net"]);
});

test("where the first of several names is taken away, what the next one knows of the gateways is reported", async () => {
  const { service, configOf } = setUpNames();
  service.becomes(reporting("1.0.0.1"));
  const config = configOf(["a.example.net"]);
  const { events, reload } = await start(config);
  const state = () => events.findLast((event) => event.type === "public-ip-state")?.state;
  await until(() => state() === "known");
  service.becomes(answering(503));
  await until(() => state() === "kept");
  const both = configOf(["a.example.net", "b.example.net"], config);
  await reload(both);
  await Bun.sleep(100);
  await reload(configOf(["b.example.net"], both)); // it never knew the address
  await until(() => state() === "unknown");
  expect(events.findLast((event) => event.type === "public-ip-count")?.count).toBe(0);
});
