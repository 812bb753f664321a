/**
 * The network of a lab:
 *
 *     client ── lan0 [ router ] gw0 ── switch ── gateway 1, 2, 3 ...
 *                        └───── wan0 ── upstream        (the main table's default route)
 *
 * Every gateway has a namespace of its own, which shows the packets that it received; with `shared` all gateways are
 * addresses of one namespace, which is cheap enough for 160 of them. Gateways and upstream accept packets to the networks
 * in INTERNET_NETWORKS as their own.
 */
import { addNamespaces, type Namespace } from "./namespace.ts";
import { until } from "./wait.ts";

export const ROUTER = "10.77.0.1";
export const CLIENT = "10.66.0.2";
export const UPSTREAM = "10.88.0.1";

/** Public networks that exist in the lab; none of their packets leaves it. */
const INTERNET_NETWORKS = ["1.0.0.0/8", "8.0.0.0/8", "9.0.0.0/8"];

/** The address of the gateway with this number, which counts from 1. */
export const addressOf = (gateway: number): string => `10.77.0.${10 + gateway}`;

export interface Network {
  readonly router: Namespace;
  readonly client: Namespace;
  readonly upstream: Namespace;
  readonly switch: Namespace;
  /** The namespaces of the gateways: one for each, or one for all. */
  readonly gateways: readonly Namespace[];
}

export async function buildNetwork(lab: string, gateways: number, shared: boolean): Promise<Network> {
  const addresses = Array.from({ length: gateways }, (_, index) => addressOf(index + 1));
  const groups = shared ? [addresses] : addresses.map((address) => [address]);
  const names = groups.map((_, index) => `gateway${index + 1}`);
  const spaces = await addNamespaces(lab, ["router", "client", "upstream", "switch", ...names]);
  const network = { ...spaces, gateways: names.map((name) => spaces[name]!) } as unknown as Network;
  for (const space of Object.values(spaces)) space.tune({ "ipv6/conf/default/disable_ipv6": 1 });
  network.router.tune({
    "ipv4/ip_forward": 1,
    "ipv4/fib_multipath_hash_policy": 1,
    "ipv4/conf/all/rp_filter": 2,
  });
  await wireSwitch(network);
  await Promise.all([
    wireRouter(network),
    ...network.gateways.map((space, index) => wireGateways(space, groups[index]!)),
  ]);
  await Promise.all([wireClient(network.client), wireUpstream(network.upstream)]);
  await untilUp(network.router);
  return network;
}

/** A link is up some time after its two ends are; until then the kernel shows its routes with the flag linkdown. */
async function untilUp(router: Namespace): Promise<void> {
  const routes = (): Promise<string> => router.ip("route", "show", "table", "all");
  await until(`the links of ${router.name} to be up`, routes, (text) => !text.includes("linkdown"));
}

/** Connects the router to the switch, as at the start or after its `gw0` was deleted. */
export async function plugGateways({ router, switch: hub }: Network): Promise<void> {
  await hub.batch([`link add uplink type veth peer name gw0 netns ${router.name}`, "link set uplink master br0 up"]);
  await router.batch([`address add ${ROUTER}/24 dev gw0`, "link set gw0 up"]);
}

/**
 * Replaces the router's default route by one that names only the interface. The interface sends to its own link-layer
 * address, as one without ARP does, and the upstream host has the same: so it gets the packets to all addresses.
 */
export async function makeDefaultDeviceRoute({ router, upstream }: Network): Promise<void> {
  const [link] = JSON.parse(await router.ip("-j", "link", "show", "dev", "wan0")) as { address: string }[];
  await upstream.batch([`link set eth0 address ${link!.address}`, "link set eth0 arp off"]);
  await router.batch(["link set wan0 arp off", "route replace default dev wan0 scope link"]);
}

/** Adds a second router: in the gateways' network as well, and with its own link to the upstream host. */
export async function addRouter(lab: string, { upstream, switch: hub }: Network): Promise<Namespace> {
  const { router2: router } = await addNamespaces(lab, ["router2"]);
  router.tune({ "ipv6/conf/default/disable_ipv6": 1, "ipv4/conf/all/rp_filter": 2 });
  await hub.batch([`link add uplink2 type veth peer name gw0 netns ${router.name}`, "link set uplink2 master br0 up"]);
  await upstream.batch([
    `link add eth1 up type veth peer name wan0 netns ${router.name}`,
    "address add 10.89.0.1/24 dev eth1",
  ]);
  await router.batch([
    ...["lo", "gw0", "wan0"].map((device) => `link set ${device} up`),
    "address add 10.77.0.2/24 dev gw0",
    "address add 10.89.0.2/24 dev wan0",
    "route add default via 10.89.0.1",
  ]);
  return router;
}

/** Adds a client in a network of its own behind the router: NETWORK.2 in NETWORK.0/24, on the router's interface `device`. */
export async function addClient(lab: string, { router }: Network, device: string, network: string): Promise<Namespace> {
  const role = `client-${device}`;
  const { [role]: client } = (await addNamespaces(lab, [role])) as Record<string, Namespace>;
  client!.tune({ "ipv6/conf/default/disable_ipv6": 1 });
  await router.batch([
    `link add ${device} up type veth peer name eth0 netns ${client!.name}`,
    `address add ${network}.1/24 dev ${device}`,
  ]);
  await client!.batch([
    ...["link set lo up", "link set eth0 up"],
    `address add ${network}.2/24 dev eth0`,
    `route add default via ${network}.1`,
  ]);
  await untilUp(router);
  return client!;
}

async function wireSwitch({ switch: hub, gateways }: Network): Promise<void> {
  await hub.batch([
    "link add br0 up type bridge mcast_snooping 0",
    ...gateways.flatMap(({ name }, index) => [
      `link add port${index} type veth peer name eth0 netns ${name}`,
      `link set port${index} master br0 up`,
    ]),
  ]);
}

async function wireRouter(network: Network): Promise<void> {
  await plugGateways(network);
  await network.router.batch([
    "link set lo up",
    `link add lan0 up type veth peer name eth0 netns ${network.client.name}`,
    `link add wan0 up type veth peer name eth0 netns ${network.upstream.name}`,
    "address add 10.66.0.1/24 dev lan0",
    "address add 10.88.0.2/24 dev wan0",
    `route add default via ${UPSTREAM}`,
  ]);
}

async function wireGateways(space: Namespace, addresses: string[]): Promise<void> {
  await space.batch([
    "link set lo up",
    "link set eth0 up",
    ...addresses.map((address) => `address add ${address}/24 dev eth0`),
    `route add default via ${ROUTER}`,
    ...acceptInternet,
  ]);
}

async function wireClient(client: Namespace): Promise<void> {
  await client.batch([
    "link set lo up",
    "link set eth0 up",
    `address add ${CLIENT}/24 dev eth0`,
    "route add default via 10.66.0.1",
  ]);
}

async function wireUpstream(upstream: Namespace): Promise<void> {
  await upstream.batch([
    "link set lo up",
    "link set eth0 up",
    `address add ${UPSTREAM}/24 dev eth0`,
    "route add default via 10.88.0.2",
    ...acceptInternet,
  ]);
}

const acceptInternet = INTERNET_NETWORKS.map((network) => `route add local ${network} dev lo`);
