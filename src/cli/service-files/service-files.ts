import { openrcScript } from "./openrc.ts";
import { openwrtScript } from "./openwrt.ts";
import { systemdUnit } from "./systemd.ts";

/** What makes the service file of each service manager, from the program and its flags. */
export const UNITS = { systemd: systemdUnit, openrc: openrcScript, openwrt: openwrtScript } as const;

export type ServiceManager = keyof typeof UNITS;

export const SERVICE_MANAGERS = Object.keys(UNITS) as readonly ServiceManager[];
