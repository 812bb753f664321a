import { FAMILIES, type Family, parseAddress } from "../../net/address.ts";
import { type Cidr, parseCidr } from "../../net/cidr.ts";
import type { NexthopFault, UnusableNexthop } from "../../pool/nexthop-fault.ts";
import { trialIdOf } from "../nexthop-ids.ts";
import { PROTOCOL, type Route, type SlotObject } from "../types.ts";
import { type Args, batchText, commandOf } from "./batch.ts";
import { failedLinesOf } from "./complaint.ts";
import { lookUpWords, parsePaths } from "./gateway-paths.ts";
import { readAnswers, type Run, runFor } from "./lists.ts";

/** 0.0.0.0/32 is the address of no host: the kernel checks a route to it like any other, and no packet uses it. */
const TRIAL: Cidr = parseCidr("0.0.0.0/32")!;

const REJECTED: NexthopFault = { code: "rejected", detail: "the kernel rejects it as a nexthop" };

/** Tries each gateway as a nexthop by itself, where no packet uses it; returns those that the kernel rejects. */
export async function tryNexthops(run: Run, gateways: readonly string[], table: number): Promise<UnusableNexthop[]> {
  const of = (family: Family) => gateways.filter((gateway) => parseAddress(gateway, FAMILIES)?.family === family);
  const [ipv4, ipv6] = [of(4), of(6)];
  return [
    ...(ipv4.length === 0 ? [] : await tryAll(run, ipv4, routeTrials(ipv4, table))),
    ...(ipv6.length === 0 ? [] : await tryAll(runFor("both", run), ipv6, await objectTrials(run, ipv6, table))),
  ];
}

/** A command for each gateway, and one that leaves nothing of them. */
interface Trials {
  readonly trials: readonly Args[];
  readonly cleaning: Args;
}

function routeTrials(gateways: readonly string[], table: number): Trials {
  const route = (gateway: string): Route => ({
    family: 4,
    table,
    type: "unicast",
    destination: TRIAL,
    metric: 0,
    nexthops: [{ gateway, weight: 1 }],
  });
  return {
    trials: gateways.map((gateway) => commandOf({ op: "replace-route", route: route(gateway), fresh: true })),
    cleaning: commandOf({ op: "delete-route", route: { ...route(""), protocol: PROTOCOL } }),
  };
}

async function objectTrials(run: Run, gateways: readonly string[], table: number): Promise<Trials> {
  const lookUps = gateways.map((gateway) => `route get ${lookUpWords(gateway)}`);
  const answers = await readAnswers(runFor(6, run), lookUps);
  const found = answers.filter((answer) => answer !== undefined);
  const { devices } = parsePaths(gateways, found, [table]);
  const slot = (gateway: string): SlotObject => {
    const device = devices.get(gateway);
    return { kind: "slot", id: trialIdOf(table), gateway, ...(device !== undefined && { device }) };
  };
  return {
    trials: gateways.map((gateway) => commandOf({ op: "replace-nexthop", nexthop: slot(gateway), fresh: true })),
    cleaning: commandOf({ op: "delete-nexthop", nexthop: slot("") }),
  };
}

async function tryAll(run: Run, gateways: readonly string[], { trials, cleaning }: Trials): Promise<UnusableNexthop[]> {
  const { stderr } = await run(["-force", "-batch", "-"], batchText([...trials, cleaning]));
  const rejected = new Set(failedLinesOf(stderr).map((line) => gateways[line - 1]));
  return gateways.flatMap((gateway) => (rejected.has(gateway) ? { gateway, fault: REJECTED } : []));
}
