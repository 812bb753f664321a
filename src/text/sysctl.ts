import type { Family } from "../net/address.ts";
import { shellWord } from "./shell-word.ts";

/** Commands of sysctl(8): in the name of an interface, such as that of a VLAN, a slash stands for a dot. */
export function sysctl(setting: string, value: number, devices: readonly string[], family: Family = 4): string {
  const names = devices.map((device) => `net.ipv${family}.conf.${device.replaceAll(".", "/")}.${setting}=${value}`);
  return ["sysctl", ...names.map(shellWord)].join(" ");
}
