import { systemdWord } from "./quoting.ts";

/** Whether the unit hides a path from the service, by ProtectHome and PrivateTmp (systemd.exec(5)). */
export function isHidden(path: string): boolean {
  return /^\/(home|root|run\/user|tmp|var\/tmp)\//.test(path);
}

/**
 * A hardened systemd unit. The service reports readiness and feeds the watchdog with sd_notify(3).
 *
 * @param table that of the instance: units with the same folder would remove it when one of them stops
 * @param reload the command that has the service read its configuration file again; undefined without such a file
 * @param trackFile that of -track-file
 */
export function systemdUnit(
  command: readonly string[],
  table: number,
  reload?: readonly string[],
  _isDrainFileNamed = false,
  trackFile?: string,
): string {
  return `[Unit]
Description=Gateway Route Manager
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=${command.map(systemdWord).join(" ")}
${reload ? reloadLines(reload) : ""}# Settings as GRM_... variables. Pass secrets as files:
#   LoadCredential=ddns-password:/etc/gateway-route-manager/ddns-password
${reload ? IN_FILE : BY_VARIABLE}
EnvironmentFile=-/etc/default/gateway-route-manager
Restart=always
RestartSec=2
WatchdogSec=60
TimeoutStopSec=10

# The socket for commands such as drain, and the file of drained gateways: nothing else is stored on disk.
RuntimeDirectory=gateway-route-manager/${table}
RuntimeDirectoryMode=0700
StateDirectory=gateway-route-manager/${table}
StateDirectoryMode=0700
${trackFile === undefined ? "" : trackFileLines(trackFile)}
# The user exists only while the service runs and has only the privilege to change routes.
DynamicUser=yes
AmbientCapabilities=CAP_NET_ADMIN
CapabilityBoundingSet=CAP_NET_ADMIN
NoNewPrivileges=yes
UMask=0077
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
# What -hash-seed sets.
ReadWritePaths=-/proc/sys/net/ipv4/fib_multipath_hash_seed
PrivateDevices=yes
PrivateMounts=yes
PrivateTmp=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
# MemoryDenyWriteExecute is not set: the JavaScript engine compiles code at run time.

[Install]
WantedBy=multi-user.target
`;
}

/** How the service finds the secret of LoadCredential=. */
const BY_VARIABLE = "#   Environment=GRM_DDNS_PASSWORD_FILE=%d/ddns-password";
const IN_FILE = `# which the configuration file names by its path for the service:
#   password-file = "/run/credentials/gateway-route-manager.service/ddns-password"`;

/** keepalived watches the folder of the file, so that it has to stay the same one. */
function trackFileLines(path: string): string {
  return `
# keepalived watches the folder of the track file, and takes a missing file for 0: also after a crash, or a start that fails.
RuntimeDirectoryPreserve=yes
ExecStopPost=-/bin/rm -f ${systemdWord(path, 1)}
`;
}

/**
 * The command waits, and fails where the file is not put in force, in every version of systemd. With Type=notify-reload
 * (systemd 253) `systemctl reload` would succeed with such a file.
 */
function reloadLines(reload: readonly string[]): string {
  return `# Waits until the file is in force, and fails with a file that has problems. The service goes on in any case.
ExecReload=${reload.map(systemdWord).join(" ")}
`;
}
