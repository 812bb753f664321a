import { openrcScript } from "./openrc.ts";
import { openwrtScript } from "./openwrt.ts";
import { systemdUnit } from "./systemd.ts";

/** The generator of the service file for each service manager, which takes the program and its flags. */
export const SERVICE_FILES = { systemd: systemdUnit, openrc: openrcScript, openwrt: openwrtScript } as const;

type ServiceManager = keyof typeof SERVICE_FILES;

export const SERVICE_MANAGERS = Object.keys(SERVICE_FILES) as readonly ServiceManager[];
