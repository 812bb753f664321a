/** Pools at work that take other configurations: real probes of gateways on the loopback, and a kernel in memory. */
import { reloadable } from "../../src/config/difference.ts";
import { parseConfigFile } from "../../src/config/file/config-of-file.ts";
import type { Config } from "../../src/config/model.ts";
import { placesBeside } from "../../src/config/places-beside.ts";
import { createEventBus } from "../../src/events/bus.ts";
import type { ServiceEvent } from "../../src/events/events.ts";
import { createLog } from "../../src/log/log.ts";
import { Control } from "../../src/service/control.ts";
import { createObservers } from "../../src/service/observers.ts";
import { freePort } from "../fakes/free-port.ts";
import { answering, type Behaviour, FakeGateway } from "../fakes/gateway.ts";
import { FakeKernel } from "../fakes/kernel.ts";

export const ADDRESSES = ["127.0.1.21", "127.0.1.22", "127.0.1.23"] as const;

export interface MemberForm {
  readonly gateway: string;
  readonly weight?: number;
  readonly tier?: number;
}

export interface PoolForm {
  readonly name: string;
  readonly members: readonly (string | MemberForm)[];
  readonly from?: string | undefined;
  readonly more?: string | undefined;
}

export interface Form {
  readonly pools: readonly PoolForm[];
  readonly drained?: readonly string[];
  /** Period and timeout of probes; long where none may fail. */
  readonly limit?: string;
  readonly probe?: string;
}

function memberOf(member: string | MemberForm): MemberForm {
  return typeof member === "string" ? { gateway: member } : member;
}

function memberText(member: string | MemberForm): string {
  const { gateway, weight = 1, tier = 1 } = memberOf(member);
  return `{ gateway = "${gateway}", weight = ${weight}, tier = ${tier} }`;
}

/** A configuration whose gateways are probed at this port, placed beside one that runs. */
function configAt(
  port: number,
  { pools, drained = [], limit = "2s", probe = "" }: Form,
  running?: Config,
): Config | undefined {
  const used = new Set(pools.flatMap(({ members }) => members.map((one) => memberOf(one).gateway)));
  const text = [
    `[probe.http]\ntype = "http"\nport = ${port}\nperiod = "${limit}"\ntimeout = "${limit}"\n${probe}`,
    ...[...used].map((one) => `[[gateway]]\naddress = "${one}"\ndrained = ${drained.includes(one)}`),
    ...pools.map(({ name, members, from, more = "" }) => {
      const selector = from === undefined ? "" : `from = ["${from}"]\n`;
      return `[[pool]]\nname = "${name}"\n${selector}members = [${members.map(memberText).join()}]\n${more}`;
    }),
  ].join("\n");
  const places = running && { placesOf: placesBeside(running.pools) };
  const parsed = parseConfigFile({ path: "f", text }, {}, { environment: {}, readFile: () => "", ...places });
  if (!parsed.ok) return undefined;
  return running ? reloadable(running, parsed.config) : parsed.config;
}

const drainedIn = ({ gateways: all }: Config): Set<string> =>
  new Set(all.flatMap(({ address, drained }) => (drained ? address : [])));

const running: (() => Promise<void>)[] = [];

/** Gateways that listen at a port, and configurations for it. */
export function setUpGateways() {
  const port = freePort();
  const gateways = new Map(ADDRESSES.map((address) => [address as string, new FakeGateway(address, port)]));
  return {
    gateways,
    configOf: (form: Form, before?: Config) => configAt(port, form, before),
    /** Ends all that is at work, and lets the gateways answer again. */
    async reset(): Promise<void> {
      for (const end of running.splice(0).reverse()) await end();
      for (const gateway of gateways.values()) gateway.becomes(answering(200));
    },
  };
}

/** Pools at work, whose events also reach all listeners. */
export async function start(config: Config, kernel = new FakeKernel(["127.0.0.1/8"])) {
  const bus = createEventBus();
  const events: ServiceEvent[] = [];
  const log = createLog("debug", "json", { write: () => true });
  const report = { ok: true, why: "" };
  const reports = { health: () => report, readiness: () => report, standings: () => [report, report, report, report] };
  const observers = await createObservers({ config, log, emit: bus.emit, reports });
  bus.subscribe((event) => void events.push(event), ...observers.listeners);
  const control = new Control({ config, kernel, bus, drained: drainedIn(config), onSettled() {} });
  await control.adopt();
  await control.prepare();
  control.start();
  const end = async (): Promise<void> => {
    control.stop();
    await control.leaveAll();
  };
  running.push(end);
  const settled = async (): Promise<void> => {
    while (!control.standings.every(({ ok }) => ok)) await Bun.sleep(2);
  };
  await settled();
  const reload = async (changed: Config) => {
    const apply = await observers.reload(changed);
    const observed = apply();
    const outcome = await control.reload(changed, drainedIn(changed), performance.now() + 5000);
    await observed;
    return outcome;
  };
  /** Lets a gateway behave otherwise, and waits until it is up or down for that, and the kernel follows. */
  const turn = async (gateway: FakeGateway, behaviour: Behaviour): Promise<void> => {
    const status = behaviour.kind === "answer" ? "up" : "down";
    const from = events.length;
    const isTurned = (event: ServiceEvent): boolean =>
      event.type === "gateway" && event.gateway === gateway.address && event.status === status;
    gateway.becomes(behaviour);
    while (!events.slice(from).some(isTurned)) await Bun.sleep(2);
    await Bun.sleep(60); // gateways that come back together are waited for
    await settled();
  };
  return { kernel, control, events, reload, settled, turn, end, observers };
}

/** Where packets of clients go after each command from now on, without repetitions. */
export function watchPackets(kernel: FakeKernel, ...clients: readonly string[]): string[] {
  const look = (): string => clients.map((client) => kernel.lookup("8.8.8.8", 0, client, "eth9")).join(" | ");
  const seen = [look()];
  const run = kernel.run.bind(kernel);
  kernel.run = (words) => {
    const error = run(words);
    if (look() !== seen.at(-1)) seen.push(look());
    return error;
  };
  return seen;
}
