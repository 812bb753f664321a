import { shellWord } from "./quoting.ts";

/** A service script of OpenRC, supervised, with its output in the system log. */
export function openrcScript([program, ...flags]: readonly string[]): string {
  return `#!/sbin/openrc-run

name="Gateway Route Manager"
description="Keeps an ECMP route over the healthy gateways"
supervisor=supervise-daemon
# A shell reads both of these once more, so the words are quoted twice.
command=${shellWord(shellWord(program!))}
command_args=${shellWord(flags.map(shellWord).join(" "))}
respawn_delay=2
respawn_max=0
retry="TERM/5/KILL/2"
output_logger="logger -t gateway-route-manager -p daemon.info"
error_logger="logger -t gateway-route-manager -p daemon.err"
# Settings as variables: lines such as "export GRM_START_IP=192.168.1.10" in /etc/conf.d/gateway-route-manager.

depend() {
	need net
	after firewall
}
`;
}
