/**
 * A network beyond the gateways of a lab with IPv6, and beyond its upstream host, as in `beyond.ts` and `exits.ts`:
 *
 *     router gw0 ── switch ── eth0 [ gateway N ] out6 ── inN [ internet6 ]
 *        └── wan0 ───────────────── [ upstream ] out6 ── in99 ──┘
 *
 * Packets to its targets get the source of the host that forwards them (NAT66). All addresses of the targets answer echo
 * requests.
 */
import { nft } from "./beyond.ts";
import type { Lab } from "./lab.ts";
import { addNamespaces, type Namespace } from "./namespace.ts";

const TARGETS = ["2606:4700::/32", "2620:fe::/48"];

/** One address of each of them. */
export const TARGET6 = "2606:4700:4700::1111";
export const OTHER_TARGET6 = "2620:fe::fe";

const UPSTREAM_NUMBER = 99;

/** The address with which packets come out beyond the gateway with this number, and beyond the upstream host. */
export const exit6Of = (gateway: number): string => `fd02:${gateway}::2`;
export const OWN_EXIT6 = exit6Of(UPSTREAM_NUMBER);

export class Beyond6 {
  /** Where the targets are. */
  readonly internet: Namespace;
  readonly #lab: Lab;

  /** Connects the gateways and the upstream host with a new namespace, and lets the router send echo requests. */
  static async open(lab: Lab): Promise<Beyond6> {
    const { internet6: internet } = await addNamespaces(lab.name, ["internet6"]);
    lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });
    internet.tune({ "ipv6/conf/default/accept_dad": 0, "ipv6/conf/all/accept_dad": 0 });
    await internet.batch([
      "link set lo up",
      ...TARGETS.map((network) => `route add local ${network} dev lo`),
      ...[TARGET6, OTHER_TARGET6].map((address) => `address add ${address}/128 dev lo nodad`), // to listen at
    ]);
    const beyond = new Beyond6(lab, internet);
    for (const index of lab.gatewaySpaces.keys()) await beyond.#connect(lab.gatewaySpace(index + 1), index + 1);
    await beyond.#connect(lab.upstream, UPSTREAM_NUMBER);
    return beyond;
  }

  private constructor(lab: Lab, internet: Namespace) {
    this.#lab = lab;
    this.internet = internet;
  }

  /** Lets a gateway drop all packets to the internet: its tunnel is dead, and it says nothing. */
  async setDead(gateway: number, dead = true): Promise<void> {
    const rule = dead ? 'add rule ip6 beyond loss oifname "out6" drop' : "";
    await nft(this.#lab.gatewaySpace(gateway), `flush chain ip6 beyond loss\n${rule}\n`);
  }

  /** The firewall of a gateway is off: it forwards packets over the upstream host of the router. */
  async startLeak(gateway: number): Promise<void> {
    const space = this.#lab.gatewaySpace(gateway);
    await this.#lab.upstream.batch([
      `link add leak${gateway} type veth peer name leak netns ${space.name}`,
      `address add fd03:${gateway}::1/64 dev leak${gateway} nodad`,
      `link set leak${gateway} up`,
    ]);
    await space.batch([
      `address add fd03:${gateway}::2/64 dev leak nodad`,
      "link set leak up",
      ...TARGETS.map((network) => `route replace ${network} via fd03:${gateway}::1`),
    ]);
    await nft(space, 'add rule ip6 beyond nat oifname "leak" masquerade\n');
  }

  async #connect(space: Namespace, number: number): Promise<void> {
    space.tune({ "ipv6/conf/all/forwarding": 1 });
    await this.internet.batch([
      `link add in${number} type veth peer name out6 netns ${space.name}`,
      `address add fd02:${number}::1/64 dev in${number} nodad`,
      `link set in${number} up`,
    ]);
    await space.batch([
      `address add ${exit6Of(number)}/64 dev out6 nodad`,
      "link set out6 up",
      ...TARGETS.map((network) => `route replace ${network} via fd02:${number}::1`),
    ]);
    await nft(
      space,
      `table ip6 beyond {
        chain nat { type nat hook postrouting priority srcnat; oifname "out6" masquerade; }
        chain loss { type filter hook forward priority filter; }
      }`,
    );
  }
}
