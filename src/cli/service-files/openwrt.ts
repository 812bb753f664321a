import { shellWord } from "../../text/shell-word.ts";

/**
 * An init script for OpenWrt's procd, which restarts the service when it exits and logs its output.
 *
 * @param table that of the instance
 * @param reload the command that has the service read its configuration file again; undefined without such a file
 * @param isDrainFileNamed whether that file says where drained gateways are remembered
 */
export function openwrtScript(
  command: readonly string[],
  table: number,
  reload?: readonly string[],
  isDrainFileNamed = false,
): string {
  return `#!/bin/sh /etc/rc.common

USE_PROCD=1
START=95
STOP=05

# A file of settings with lines such as GRM_START_IP=192.168.1.10, without quotes.
SETTINGS=/etc/gateway-route-manager.env

start_service() {
	procd_open_instance
	procd_set_param command ${command.map(shellWord).join(" ")}
${isDrainFileNamed ? "" : drainFileSetting(table)}	[ -r "$SETTINGS" ] && while read -r line || [ -n "$line" ]; do
		case "$line" in
		GRM_*=*) procd_append_param env "$line" ;;
		esac
	done <"$SETTINGS"
	procd_set_param respawn 3600 2 0 # threshold 3600 s, delay 2 s, unlimited retries
	procd_set_param term_timeout 5
	procd_set_param stdout 1
	procd_set_param stderr 1
	procd_close_instance
}
${reload ? reloadFunction(reload) : ""}`;
}

function drainFileSetting(table: number): string {
  return `	# /var is in memory. A setting of this name wins.
	procd_append_param env GRM_DRAIN_FILE=/etc/gateway-route-manager/drained-${table}.json
`;
}

/** In a process of its own, whose variables are those of the service. */
function reloadFunction(reload: readonly string[]): string {
  return `
reload_service() {
	(
		[ -r "$SETTINGS" ] && while read -r line || [ -n "$line" ]; do
			case "$line" in
			GRM_*=*) export "$line" ;;
			esac
		done <"$SETTINGS"
		exec ${reload.map(shellWord).join(" ")}
	)
}
`;
}
