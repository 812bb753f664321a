/**
 * A DNS name at a fake Dynu, and the public address service of each gateway.
 *
 * The fake listens on the upstream host, over TLS, at an address that is never routed through the gateways. The account
 * also has records of other names and types, which the executable must not change.
 */
import { readFileSync } from "node:fs";
import { FakeDynu, type FakeDynuOptions, type FakeRecord, type Moment } from "../../fakes/dynu.ts";
import { answering, type Behaviour, type FakeGateway } from "../../fakes/gateway.ts";
import type { Daemon, StartOptions } from "./daemon.ts";
import type { Flags } from "./executable.ts";
import type { Monitor } from "./kernel.ts";
import { type Lab, TABLE } from "./lab.ts";
import type { Namespace } from "./namespace.ts";
import { address6Of } from "./ipv6.ts";
import { addressOf, UPSTREAM } from "./network.ts";

export const SERVICE_PORT = 8000;
const SERVICE_PATH = "/v1/publicip/ip";
const PROVIDER_PORT = 8443;
const CERTIFICATES = new URL("../../fixtures/ddns-tls/", import.meta.url).pathname;

/** An emptied name is a violation when a managed route existed this long before and after it, in ms. */
const ROUTED_AROUND = 300;

/** The public address that the service of the gateway with this number reports by default. */
export const publicOf = (gateway: number): string => `1.0.0.${gateway}`;

/** Reports a public address in the format of Gluetun's control server. */
export const reporting = (address: string): Behaviour =>
  answeringJson({ public_ip: address, region: "Fake", city: "" });

/** Answers with JSON. */
export const answeringJson = (fields: object): Behaviour =>
  answering(200, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) });

const FOREIGN_RECORDS: (Partial<FakeRecord> & { content: string })[] = [
  { nodeName: "", content: "9.0.0.1" },
  { nodeName: "www", content: "9.0.0.2" },
  { nodeName: "gw2", content: publicOf(1) },
  { nodeName: "a.gw", content: publicOf(2), state: false },
  { recordType: "AAAA", content: "2606:4700::1111" },
  { recordType: "TXT", content: publicOf(3), ttl: 5 },
  { nodeName: "alias", recordType: "CNAME", content: "gw.example.net" },
];

/** The public address of IPv6 that the service of the gateway with this number reports by default. */
export const publicOf6 = (gateway: number): string => `2600::${gateway}`;

export type AddressOrGateway = string | number;

export class DdnsLab {
  readonly lab: Lab;
  readonly dynu: FakeDynu;
  /** The gateways' own public address services, in the order of their numbers. */
  readonly services: readonly FakeGateway[];
  /** Those at their addresses of IPv6, in a lab that has it: then AAAA records of the name are its own as well. */
  readonly services6: readonly FakeGateway[];
  readonly #node: string;
  readonly #daemons: Daemon[] = [];
  readonly #monitors: Monitor[] = [];
  #listening: { close(): void } | undefined;

  /** Starts the provider and the services, which are closed with the lab. */
  static async open(lab: Lab, options: FakeDynuOptions & { readonly ipv6?: boolean } = {}): Promise<DdnsLab> {
    const ddns = new DdnsLab(lab, options);
    await ddns.watch(lab.router);
    lab.explain("records of the name", () => ddns.own().map(textOf).join("\n"));
    lab.explain("requests to the provider", () => ddns.dynu.requests.slice(-20).map(requestText).join("\n"));
    lab.onClose(() => ddns.disconnect());
    return ddns;
  }

  private constructor(lab: Lab, { ipv6 = false, ...options }: FakeDynuOptions & { readonly ipv6?: boolean }) {
    this.lab = lab;
    this.#node = options.node ?? "gw";
    this.dynu = new FakeDynu(options);
    this.services = lab.gateways.map((gateway, index) => {
      const service = lab.serve(lab.gatewaySpace(index + 1), gateway.address, SERVICE_PORT);
      service.becomes(reporting(publicOf(index + 1)));
      return service;
    });
    this.services6 = ipv6
      ? lab.gateways.map((_, index) => {
          const service = lab.serve(lab.gatewaySpace(index + 1), address6Of(index + 1), SERVICE_PORT);
          service.becomes(reporting(publicOf6(index + 1)));
          return service;
        })
      : [];
    for (const record of FOREIGN_RECORDS)
      this.dynu.put(ipv6 && record.recordType === "AAAA" ? { nodeName: "www", ...record } : record);
    this.connect();
  }

  /** The environment with which the executable trusts the provider's certificate and has the key. */
  get env(): { readonly DDNS_PASSWORD: string; readonly NODE_EXTRA_CA_CERTS: string } {
    return { DDNS_PASSWORD: this.dynu.key, NODE_EXTRA_CA_CERTS: `${CERTIFICATES}authority.pem` };
  }

  /** The public address service of the gateway with this number. */
  service(number: number): FakeGateway {
    return this.services[number - 1]!;
  }

  /** Starts the executable with the flags and environment for this name; `flags` and `options` are added to them. */
  start(flags: Flags = {}, options: StartOptions = {}): Daemon {
    const usual = {
      "check-period": "1s",
      timeout: "1s",
      "ddns-provider": "dynudns",
      "ddns-api-url": `https://${UPSTREAM}:${PROVIDER_PORT}/v2`,
      "ddns-hostname": this.dynu.hostname,
      "public-ip-service-port": SERVICE_PORT,
      "public-ip-service-scheme": "http",
      "public-ip-service-path": SERVICE_PATH,
      "public-ip-refresh": "1s",
    };
    const daemon = this.lab.start({ ...usual, ...flags }, { ...options, env: { ...this.env, ...options.env } });
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Makes the provider listen. */
  connect(): void {
    const tls = { key: read("server.key"), cert: read("server.pem") };
    const { upstream } = this.lab;
    this.#listening = this.dynu.listen({
      hostname: UPSTREAM,
      port: PROVIDER_PORT,
      tls,
      enter: (action) => upstream.enter(action),
    });
  }

  /** Makes connections to the provider fail: connection refused. */
  disconnect(): void {
    this.#listening?.close();
    this.#listening = undefined;
  }

  /** Records the routes of one more router, for the check whether a gateway was active when the name was emptied. */
  async watch(router: Namespace): Promise<void> {
    this.#monitors.push(await this.lab.monitor(router));
  }

  /** Sets the account's quota so that it has room for this many records of the name. */
  leaveRoomFor(records: number): void {
    const others = this.dynu.records().filter((record) => !this.#isOwn(record));
    this.dynu.quota = others.filter(({ nodeName, recordType }) => counts(nodeName, recordType)).length + records;
  }

  /** The A records of exactly this name, in the order of their addresses. */
  own(): FakeRecord[] {
    return this.dynu
      .records()
      .filter((record) => this.#isOwn(record))
      .sort((a, b) => a.content.localeCompare(b.content, "en", { numeric: true }));
  }

  /** The requests from an index on that ask for a change of records, whether they succeeded or not. */
  writes(since = 0): FakeDynu["requests"] {
    return this.dynu.requests.slice(since).filter(({ call }) => ["add", "change", "remove"].includes(call ?? ""));
  }

  /** Waits until the name has exactly one enabled record for each of these addresses, and no other record. */
  async untilResolves(wanted: readonly AddressOrGateway[]): Promise<void> {
    const text = `${wanted.map(toAddress)}`;
    const what = `${this.dynu.hostname} to resolve to ${text || "nothing"}`;
    await this.lab.until(
      what,
      () =>
        `${this.own()
          .filter(({ recordType }) => recordType === "A")
          .map(({ content, state }) => (state ? content : `disabled ${content}`))}`,
      (now) => now === text,
    );
  }

  /** Waits until the name has exactly these AAAA records, and no other one of that type. */
  async untilResolves6(wanted: readonly AddressOrGateway[]): Promise<void> {
    const text = `${wanted.map((one) => (typeof one === "number" ? publicOf6(one) : one))}`;
    await this.lab.until(
      `${this.dynu.hostname} to resolve to ${text || "nothing"} in IPv6`,
      () => `${this.dynu.addresses(undefined, "AAAA")}`,
      (now) => now === text,
    );
  }

  /** The same, and then waits until the executable has read the records after their last change, or after `since`. */
  async untilReadBack(wanted: readonly AddressOrGateway[], since = 0): Promise<void> {
    await this.untilResolves(wanted);
    await this.lab.until(
      "the records to be read back",
      () => this.dynu.requests.at(-1),
      (last) => last?.call === "list" && last.answer === 200 && last.at > Math.max(since, this.dynu.moments.at(-1)!.at),
    );
  }

  /** Whether the name had an address at every moment from this index of `dynu.moments` on. */
  wasNeverEmpty(since: number): boolean {
    return this.dynu.moments.slice(since).every(({ records }) => this.dynu.addresses(records).length > 0);
  }

  /** Violations of what holds in every test, one line each: no empty name, no changed foreign record, no logged key. */
  violations(): string[] {
    return [...this.#emptied(), ...this.#foreignRecordsChanged(), ...this.#keyLogged()];
  }

  /** Whether the name had an address of IPv6 at every moment from this index of `dynu.moments` on. */
  wasNeverEmpty6(since: number): boolean {
    return this.dynu.moments.slice(since).every(({ records }) => this.dynu.addresses(records, "AAAA").length > 0);
  }

  /** Moments in which the name lost its last address although gateways were active. */
  *#emptied(): Generator<string> {
    for (const [before, after] of pairs(this.dynu.moments)) {
      const emptied = this.dynu.addresses(after.records).length === 0 && this.dynu.addresses(before.records).length > 0;
      if (emptied && this.#wasRouted(after.at)) yield `the name was emptied at ${after.at} with gateways active`;
    }
  }

  #wasRouted(at: number): boolean {
    return this.#monitors.some((monitor) => {
      const events = monitor.changesSoFar("default", TABLE);
      const first = events.findLastIndex((event) => event.at <= at - ROUTED_AROUND);
      const around = events.filter((event, index) => index >= first && event.at <= at + ROUTED_AROUND);
      return first >= 0 && around.every(({ deleted, gateways }) => !deleted && gateways.length > 0);
    });
  }

  *#foreignRecordsChanged(): Generator<string> {
    const others = ({ records }: Moment): string => JSON.stringify(records.filter((record) => !this.#isOwn(record)));
    const before = others(this.dynu.moments[FOREIGN_RECORDS.length]!);
    for (const moment of this.dynu.moments.slice(FOREIGN_RECORDS.length)) {
      if (others(moment) !== before) yield `records of others changed at ${moment.at}: ${others(moment)}`;
    }
  }

  *#keyLogged(): Generator<string> {
    for (const { log, stderr } of this.#daemons) {
      if (`${log}${stderr}`.includes(this.dynu.key)) yield "the log contains the key";
    }
  }

  #isOwn({ nodeName, recordType }: FakeRecord): boolean {
    const types = this.services6.length === 0 ? ["A"] : ["A", "AAAA"];
    return types.includes(recordType) && nodeName.toLowerCase() === this.#node;
  }
}

/** Waits until the metrics show this state, and no other one, for a gateway's public address. */
export async function untilState(daemon: Daemon, gateway: number, state: string): Promise<void> {
  await daemon.untilMetrics(`the public address of gateway ${gateway} ${state}`, (it) => {
    const samples = it.all("gateway_public_ip_state", { gateway_ip: addressOf(gateway) });
    return samples.length === 4 && samples.every(({ labels, value }) => value === Number(labels["state"] === state));
  });
}

function toAddress(wanted: AddressOrGateway): string {
  return typeof wanted === "number" ? publicOf(wanted) : wanted;
}

function read(name: string): string {
  return readFileSync(`${CERTIFICATES}${name}`, "utf8");
}

/** Whether a record counts for Dynu's quota; the domain's own address does not. */
function counts(nodeName: string, recordType: string): boolean {
  return ["A", "AAAA"].includes(recordType) && nodeName !== "";
}

function pairs<T>(items: readonly T[]): [T, T][] {
  return items.slice(1).map((item, index) => [items[index]!, item]);
}

function textOf({ id, content, ttl, state }: FakeRecord): string {
  return `${id} ${content} ttl ${ttl}${state ? "" : " disabled"}`;
}

function requestText({ at, method, path, body, answer }: FakeDynu["requests"][number]): string {
  return `${at.toFixed(0)} ${method} ${path} ${body} -> ${answer}`;
}
