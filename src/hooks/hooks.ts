import { hostname } from "node:os";

import { routedFamilies } from "../config/destinations.ts";
import { dnsNameKey } from "../config/dns-names.ts";
import { memberAddresses } from "../config/families.ts";
import { membersOfAll } from "../config/members.ts";
import type { Config } from "../config/model.ts";
import type { Emit, ServiceEvent } from "../events/events.ts";
import { haveNames, inEachPool, perPool } from "../events/per-pool.ts";
import { remembered } from "../events/remembered.ts";
import { createHookLog } from "../log/hook-log.ts";
import type { Log } from "../log/log.ts";
import { commandTransport } from "./command.ts";
import { Delivery } from "./delivery.ts";
import type { Draft, Notification } from "./notification.ts";
import { newNameState, type NotifiedName } from "./name-notifications.ts";
import { createNotifications, familyStates, type NotifiedPool } from "./notifications.ts";
import { webhookTransport } from "./webhook.ts";

export interface Hooks {
  readonly record: Emit;
  /** From now on there are these pools. */
  reload(pools: Config["pools"]): void;
  /** Ends all deliveries: those under way within `graceMs`, commands that do not end then are killed within 300 ms more. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Notifies a command and a web service of changes, as configured. Nothing else in the service waits for them.
 *
 * @param outputLog gets what the command prints
 */
export function startHooks({ service, pools }: Config, log: Log, emit: Emit, outputLog: Log = log): Hooks {
  const { onChange, webhookUrl, hookTimeout } = service;
  const deliveries = [
    ...(onChange === undefined ? [] : [new Delivery(commandTransport(onChange, hookTimeout, outputLog), emit)]),
    ...(webhookUrl === undefined ? [] : [new Delivery(webhookTransport(webhookUrl, hookTimeout), emit)]),
  ];
  const host = webhookUrl === undefined ? "" : new URL(webhookUrl).host;
  const recordInLog = createHookLog(log, { command: `-on-change ${onChange?.[0]}`, webhook: `webhook at ${host}` });
  const draftsFor = createDraftsFor();
  let draftsOf = draftsFor(pools);
  const identify = createIdentities();
  return {
    record(event) {
      if (event.type === "hook-run" || event.type === "hook-dropped") return recordInLog(event);
      for (const draft of draftsOf(event)) {
        const notification: Notification = { version: 1, ...identify(), ...draft };
        for (const delivery of deliveries) delivery.offer(notification);
      }
    },
    reload(changed) {
      draftsOf = draftsFor(changed);
    },
    async stop(graceMs) {
      await Promise.all(deliveries.map((delivery) => delivery.stop(graceMs)));
    },
  };
}

/**
 * Makes the drafts of an event. Where pools have names, a gateway is reported once, whatever pools share it, and that all
 * gateways are down for each pool.
 */
export function createDrafts(pools: Config["pools"]): (event: ServiceEvent) => readonly Draft[] {
  return createDraftsFor()(pools);
}

/** The same, for one configuration after the other: a pool, or a DNS name, that stays as it is goes on with what it has reported. */
export function createDraftsFor(): (pools: Config["pools"]) => (event: ServiceEvent) => readonly Draft[] {
  const statesOfPools = remembered(familyStates, ({ name, members = [], route = [], ...pool }: NotifiedPool) => [
    ...[name, members.map((one) => [...memberAddresses(one), one.name]), routedFamilies({ route })],
    ...[pool.whenNoGateways, pool.minHealthy, pool.minHealthyPolicy],
  ]);
  const statesOfNames = remembered(newNameState, ({ pool, family, name }: NotifiedName) => [
    ...[pool.name, family, dnsNameKey(name)],
  ]);
  return (pools) => {
    const [statesOf, nameStateOf] = [statesOfPools(), statesOfNames()];
    const make = (pool: NotifiedPool) => createNotifications(pool, statesOf(pool), nameStateOf);
    if (!haveNames(pools)) return make(pools[0]);
    const members = membersOfAll(pools);
    const gateways = members.map(({ gateway }) => gateway);
    const route = pools.flatMap((pool) => pool.route);
    const ofGateways = make({ members, gateways, route, dnsNames: [] });
    const ofPool = perPool(pools, make);
    const isOfGateway = ({ gateway }: Draft): boolean => gateway !== undefined;
    const withPools = (draft: Draft): Draft => ({ ...draft, pools: namesOfPoolsWith(draft.gateway!, pools) });
    return (event) => [
      ...("pool" in event && event.type !== "released" ? [] : ofGateways(event).filter(isOfGateway).map(withPools)),
      ...[event, ...inEachPool(event)].flatMap((one) => ofPool(one)?.(one) ?? []).filter((one) => !isOfGateway(one)),
    ];
  };
}

function namesOfPoolsWith(gateway: string, pools: Config["pools"]): string[] {
  const has = ({ members }: Config["pools"][number]): boolean => members.flatMap(memberAddresses).includes(gateway);
  return pools.flatMap((pool) => (pool.name !== undefined && has(pool) ? pool.name : []));
}

/** Ids grow over restarts, unless there were a thousand a second or the clock was set back. */
function createIdentities(): () => Pick<Notification, "id" | "time" | "host"> {
  let last = Date.now();
  return () => ({ id: ++last, time: new Date().toISOString(), host: hostname() });
}
