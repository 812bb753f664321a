/** A machine where the files of iproute2 give names to the table and to the protocol number of the executable. */
const FILES = [
  "printf '180 vpnpool\\n254 main\\n255 local\\n' >/etc/iproute2/rt_tables",
  "echo 173 pool >/etc/iproute2/rt_protos",
];

/** Runs the executable there, in a mount namespace of its own: for the option `wrapper`. */
export const withNames: readonly string[] = [
  ...["unshare", "--mount", "sh", "-c"],
  ["mount -t tmpfs names /etc/iproute2", ...FILES, 'exec "$@"'].join(" && "),
  "sh",
];

/** A stand-in for `ip` that escapes an apostrophe in JSON, as iproute2 did before 6.1: for `fakeIp`. */
export const escapingApostrophes = `case "$*" in *-j*) $IP "$@" | sed "s/'/\\\\\\\\'/g" ;; *) exec $IP "$@" ;; esac`;
