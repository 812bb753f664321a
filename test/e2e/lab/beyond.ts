/**
 * A network beyond the gateways of a lab, for probes through them:
 *
 *     router gw0 ── switch ── eth0 [ gateway N ] out ── inN [ internet ]
 *
 * The gateways forward packets to 1.0.0.0/8, 9.0.0.0/8 and CERTIFIED there, and masquerade their source, as a VPN
 * container or a modem does. The internet has no route back to the router: without masquerade there is no answer. All
 * addresses of these networks answer echo requests. Packets to other networks end at the gateways, as in other labs.
 */
import { addNamespaces, IP, type Namespace, run } from "./namespace.ts";
import type { Network } from "./network.ts";
import { CERTIFIED } from "./web.ts";

const TARGETS = ["1.0.0.0/8", "9.0.0.0/8"];

export class Beyond {
  /** Where the targets are. */
  readonly internet: Namespace;
  readonly #gateways: readonly Namespace[];

  /** Connects the gateways with a new namespace, and lets the router send echo requests. */
  static async open(lab: string, { router, gateways }: Network): Promise<Beyond> {
    const { internet } = await addNamespaces(lab, ["internet"]);
    internet.tune({ "ipv6/conf/default/disable_ipv6": 1 });
    router.tune({ "ipv4/ping_group_range": "0 2147483647" }); // as systemd and Docker set it
    await internet.batch(["link set lo up", ...[...TARGETS, CERTIFIED].map((to) => `route add local ${to} dev lo`)]);
    await Promise.all(gateways.map((gateway, index) => connect(gateway, internet, index + 1)));
    return new Beyond(internet, gateways);
  }

  private constructor(internet: Namespace, gateways: readonly Namespace[]) {
    this.internet = internet;
    this.#gateways = gateways;
  }

  /** Lets targets drop all packets, or answer again. */
  async setDead(addresses: readonly string[], dead = true): Promise<void> {
    const lines = addresses.map((address) => `route ${dead ? "add" : "delete"} blackhole ${address} table local`);
    await this.internet.batch(lines);
  }

  /** Lets a gateway drop this share of the packets to the internet: with 100 its tunnel is dead, and it says nothing. */
  async setLoss(gateway: number, percent: number): Promise<void> {
    const matches = percent < 100 ? `numgen random mod 100 < ${percent} ` : "";
    const rule = percent === 0 ? "" : `add rule ip beyond loss oifname "out" ${matches}drop`;
    await nft(this.#gateways[gateway - 1]!, `flush chain ip beyond loss\n${rule}\n`);
  }

  /** Turns the masquerade of a gateway off or on. */
  async setMasquerade(gateway: number, on: boolean): Promise<void> {
    const rule = on ? MASQUERADE : "";
    await nft(this.#gateways[gateway - 1]!, `flush chain ip beyond nat\n${rule && `add rule ip beyond nat ${rule}`}\n`);
  }
}

const MASQUERADE = 'oifname "out" masquerade';

async function connect(gateway: Namespace, internet: Namespace, number: number): Promise<void> {
  gateway.tune({ "ipv4/ip_forward": 1 });
  await gateway.batch([
    ...TARGETS.map((network) => `route delete local ${network} dev lo`),
    `link add out type veth peer name in${number} netns ${internet.name}`,
    `address add 198.18.${number}.2/24 dev out`,
    "link set out up",
    ...[...TARGETS, CERTIFIED].map((network) => `route add ${network} via 198.18.${number}.1`),
  ]);
  await internet.batch([`address add 198.18.${number}.1/24 dev in${number}`, `link set in${number} up`]);
  await nft(
    gateway,
    `table ip beyond {
      chain nat { type nat hook postrouting priority srcnat; ${MASQUERADE}; }
      chain loss { type filter hook forward priority filter; }
    }`,
  );
}

/** Runs lines of nft(8) in a namespace. */
export async function nft(space: Namespace, lines: string): Promise<string> {
  return run([IP, "netns", "exec", space.name, "nft", "-f", "-"], lines);
}
