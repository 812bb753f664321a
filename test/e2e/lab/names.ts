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
