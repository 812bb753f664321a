import { shellWord } from "./quoting.ts";

/** A service script of OpenRC, supervised, with its output in the system log. */
export function openrcScript(command: readonly string[]): string {
  const { words, variables } = evaluated(command);
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
# Settings as variables: lines such as "export GRM_START_IP=192.168.1.10" in /etc/conf.d/gateway-route-manager.

depend() {
	need net
	after firewall
}
`;
}

/**
 * Words in a form that survives OpenRC's supervise-daemon.sh: a shell there splits them at blanks, fills in file names
 * for `*` and the like, and only then evaluates the rest. So a word with anything special goes into a variable.
 */
function evaluated(words: readonly string[]) {
  const special = [...new Set(words.filter((word) => shellWord(word) !== word))];
  return {
    words: words.map((word) => (special.includes(word) ? `"$word${special.indexOf(word)}"` : word)),
    variables: special.map((word, index) => `word${index}=${shellWord(word)}\n`).join(""),
  };
}
