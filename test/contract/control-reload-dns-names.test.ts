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

test("what several names of a pool know of its gateways is reported once", async () => {
  const { service, configOf } = setUpNames();
  service.becomes(reporting("1.0.0.1"));
  const { events } = await start(configOf(["a.example.net", "b.example.net"]));
  const states = () => events.flatMap((event) => (event.type === "public-ip-state" ? event.state : []));
  const until = async (state: string): Promise<void> => {
    for (let left = 5000; states().at(-1) !== state && left > 0; left -= 10) await Bun.sleep(10);
  };
  await until("known");
  service.becomes(answering(503));
  await until("kept");
  expect(states()).toEqual(["unknown", "known", "kept"]);
});

test("where the first of several names is taken away, what the next one knows of the gateways is reported", async () => {
  const { service, configOf } = setUpNames();
  service.becomes(reporting("1.0.0.1"));
  const config = configOf(["a.example.net"]);
  const { events, reload } = await start(config);
  const state = () => events.findLast((event) => event.type === "public-ip-state")?.state;
  const until = async (wanted: string): Promise<void> => {
    for (let left = 5000; state() !== wanted && left > 0; left -= 10) await Bun.sleep(10);
    expect(state()).toBe(wanted as never);
  };
  await until("known");
  service.becomes(answering(503));
  await until("kept");
  const both = configOf(["a.example.net", "b.example.net"], config);
  await reload(both);
  await Bun.sleep(100);
  await reload(configOf(["b.example.net"], both)); // it never knew the address
  await until("unknown");
  expect(events.findLast((event) => event.type === "public-ip-count")?.count).toBe(0);
});
