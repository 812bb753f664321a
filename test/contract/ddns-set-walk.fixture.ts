import { CLASS, OPERATION, RCODE } from "../../src/ddns/dns/message.ts";
import { type SendDns, sendDns } from "../../src/ddns/dns/send-dns.ts";
import type { SetProvider } from "../../src/ddns/providers/provider.ts";
import { addressIn } from "../../src/ddns/dns/address-data.ts";
import { createRfc2136 } from "../../src/ddns/providers/rfc2136/rfc2136.ts";
import { startBind } from "../fakes/bind.ts";
import { SERVER } from "../fakes/dynamic-server.ts";
import { FakeRecordSet, type SetFault } from "../fakes/record-set.ts";

/** A set of addresses that resolvers could see, in order. */
export interface Moment {
  readonly addresses: readonly string[];
  /** Whether a router wrote it, and not another program. */
  readonly isOwn: boolean;
  /** Whether the router that wrote it expected what was there before. */
  readonly wasExpected: boolean;
}

/** A name that two routers keep, at a place that takes all its records at once. */
export interface WalkPlace extends AsyncDisposable {
  readonly providers: readonly SetProvider[];
  /** Lets the next requests end so, one after the other. */
  fail(...faults: readonly SetFault[]): void;
  heal(): void;
  /** Another program writes. */
  put(addresses: readonly string[], ttl: number): Promise<void>;
  held(): Promise<{ readonly addresses: readonly string[]; readonly ttl: number | undefined }>;
  /** All sets since the start, the newest last. */
  moments(): Promise<readonly Moment[]>;
}

/** @param compares whether it compares what is there with what should be */
export async function inMemory(compares: boolean): Promise<WalkPlace> {
  const set = new FakeRecordSet();
  set.compares = compares;
  const foreign = new Set([0]);
  return {
    providers: [set, set],
    fail: (...faults) => set.fail(...faults),
    heal: () => set.heal(),
    async put(addresses, ttl) {
      foreign.add(set.moments.length);
      set.put(addresses, ttl);
    },
    held: async () => ({ addresses: set.addresses, ttl: set.ttl }),
    moments: async () =>
      set.moments.map(({ addresses }, index) => ({ addresses, isOwn: !foreign.has(index), wasExpected: true })),
    async [Symbol.asyncDispose]() {},
  };
}

const NAME = "gw.example.com";

/** A real BIND, between which and the routers messages are lost. Its journal has every set that resolvers could see. */
export async function atBind(): Promise<WalkPlace> {
  const bind = await startBind();
  const faults: SetFault[] = [];
  /** What was sent, each as the expected set and the new one. */
  const sent = new Set<string>();
  const send: SendDns = async (server, message, key, signal) => {
    if (message.flags === OPERATION.update) {
      const setIn = (records: typeof message.answers): string =>
        textOf(records.filter((one) => one.class === CLASS.IN).map((one) => addressIn(one, 4)!));
      sent.add(`${setIn(message.answers)} > ${setIn(message.authorities)}`);
    }
    const fault = faults.shift();
    const lost = Object.assign(new Error("no answer"), { name: "TimeoutError" });
    if (fault === "lost") throw lost;
    if (fault === "refused" || fault === "access") {
      return { rcode: RCODE.REFUSED, isAuthoritative: false, answers: [], authorities: [] };
    }
    const answer = await sendDns(server, message, key, signal);
    if (fault === "answer lost") throw lost;
    return answer;
  };
  const settings = { hostname: NAME, password: bind.key, timeout: 5000, server: SERVER, sendDns: send };
  await bind.nsupdate("example.com", [`update add ${NAME} 60 A 9.0.0.1`, ...mark()]);
  return {
    providers: [createRfc2136(settings), createRfc2136(settings)],
    fail: (...more) => void faults.push(...more),
    heal: () => void (faults.length = 0),
    put: (addresses, ttl) =>
      bind.nsupdate("example.com", [
        `update delete ${NAME} A`,
        ...addresses.map((address) => `update add ${NAME} ${ttl} A ${address}`),
        ...mark(),
      ]),
    async held() {
      const fields = (await bind.zone("example.com")).map((line) => line.split(/\s+/));
      const own = fields.filter(([owner, , , type]) => owner === `${NAME}.` && type === "A");
      return { addresses: own.map(([, , , , address]) => address!).sort(), ttl: Number(own[0]?.[1]) };
    },
    moments: async () => momentsIn(await bind.changesOf("example.com"), sent),
    [Symbol.asyncDispose]: () => bind[Symbol.asyncDispose](),
  };
}

/** What another program writes besides, another text each time, so that its changes are known in the journal. */
function mark(): string[] {
  marks += 1;
  return ["update delete mark.example.com TXT", `update add mark.example.com 60 TXT "${marks}"`];
}
let marks = 0;

/** The sets of the name by the changes of its zone. A change begins with the old serial number of the zone. */
function momentsIn(lines: readonly string[], sent: ReadonlySet<string>): Moment[] {
  const moments: Moment[] = [];
  let now = new Set<string>();
  for (const change of changesIn(lines)) {
    const before = textOf(now);
    const next = new Set(now);
    for (const [operation, owner, , , type, address] of change) {
      if (owner !== `${NAME}.` || type !== "A") continue;
      if (operation === "del") next.delete(address!);
      else next.add(address!);
    }
    now = next;
    const isOwn = !change.some(([, owner]) => owner === "mark.example.com.");
    moments.push({ addresses: [...now].sort(), isOwn, wasExpected: sent.has(`${before} > ${textOf(now)}`) });
  }
  return moments;
}

function changesIn(lines: readonly string[]): string[][][] {
  const changes: string[][][] = [];
  for (const words of lines.map((line) => line.split(/\s+/))) {
    if (words[0] === "del" && words[4] === "SOA") changes.push([]);
    changes.at(-1)!.push(words);
  }
  return changes;
}

function textOf(addresses: Iterable<string>): string {
  return [...addresses].sort().join();
}
