import type { Ipv6Origins } from "../routing/iproute2/origins.ts";
import { interfacesWithAddresses, isProgramRunning, readInterfaces, readSetting, settingOf } from "./host-facts.ts";
import type { Ipv6Interface, Ipv6Settings } from "./ipv6-settings.ts";
import type { Interfaces } from "./nexthops.ts";

/**
 * Reads the settings for IPv6 of this network namespace.
 *
 * @param towards the interfaces that lead to gateways
 * @param origins where addresses and routes are from
 */
export function readIpv6Settings(towards: ReadonlySet<string>, origins: Ipv6Origins): Ipv6Settings {
  const forwarding = readSetting("conf/all/forwarding", 6);
  const names = new Set([...towards, ...origins.permanent, ...origins.advertised]);
  return {
    forwards: forwarding === undefined ? undefined : forwarding === "1",
    hashPolicy: readSetting("fib_multipath_hash_policy", 6),
    interfaces: [...names].map((name) => readInterface(name, towards, origins)),
    manager: MANAGERS.find(isProgramRunning),
  };
}

/** Programs that set the addresses of an interface again when it is turned on. */
const MANAGERS = ["systemd-networkd", "NetworkManager"];

function readInterface(name: string, towards: ReadonlySet<string>, origins: Ipv6Origins): Ipv6Interface {
  const all = ipv6SettingOf("all", "keep_addr_on_down");
  return {
    name,
    isRouter: ipv6SettingOf(name, "forwarding") > 0,
    forcesForwarding: ipv6SettingOf(name, "force_forwarding") > 0,
    acceptRa: ipv6SettingOf(name, "accept_ra"),
    acceptsRedirects: ipv6SettingOf(name, "accept_redirects") > 0,
    keepsAddresses: (all === 0 ? ipv6SettingOf(name, "keep_addr_on_down") : all) > 0,
    leadsToGateways: towards.has(name),
    hasPermanentAddress: origins.permanent.has(name),
    advertised: [
      ...(origins.advertisedRoutes.has(name) ? ["default route" as const] : []),
      ...(origins.advertised.has(name) ? ["addresses" as const] : []),
    ],
  };
}

/** The interfaces of this network namespace. */
export function readAllInterfaces(): Interfaces {
  const withoutIpv6 = interfacesWithAddresses().filter((name) => ipv6SettingOf(name, "disable_ipv6") > 0);
  return { all: new Set(readInterfaces()), withoutIpv6 };
}

function ipv6SettingOf(device: string, name: string): number {
  return settingOf(device, name, 6);
}
