import { shellWord } from "../../text/shell-word.ts";

/**
 * An OpenRC service script that supervises the program and sends its output to the system log.
 *
 * @param reload the command that has the service read its configuration file again; undefined without such a file
 */
export function openrcScript(command: readonly string[], _table?: number, reload?: readonly string[]): string {
  const { words, variables } = quoted(command);
  return `#!/sbin/openrc-run

name="Gateway Route Manager"
description="Keeps an ECMP route over the healthy gateways"
supervisor=supervise-daemon
${variables}command=${shellWord(words[0]!)}
command_args=${shellWord(words.slice(1).join(" "))}
respawn_delay=2
respawn_max=0
retry="TERM/5/KILL/2"
output_logger="logger -t gateway-route-manager -p daemon.info"
error_logger="logger -t gateway-route-manager -p daemon.err"
# Set variables in /etc/conf.d/gateway-route-manager, with lines such as: export GRM_START_IP=192.168.1.10

depend() {
	need net
	after firewall
}
${reload ? reloadFunction(reload) : ""}`;
}

function reloadFunction(reload: readonly string[]): string {
  return `
extra_started_commands="reload"
description_reload="Read the configuration file again, and wait until it is in force"

reload() {
	ebegin "Reloading $name"
	${reload.map(shellWord).join(" ")}
	eend $?
}
`;
}

/**
 * Words quoted for OpenRC's supervise-daemon.sh, in which a shell splits them at blanks and expands file name patterns such
 * as `*` before it evaluates them. A word with special characters is therefore passed in a variable.
 */
function quoted(words: readonly string[]) {
  const special = [...new Set(words.filter((word) => shellWord(word) !== word))];
  return {
    words: words.map((word) => (special.includes(word) ? `"$word${special.indexOf(word)}"` : word)),
    variables: special.map((word, index) => `word${index}=${shellWord(word)}\n`).join(""),
  };
}
