/** What only the manual tells, in no other table of the program. */

/** Exit statuses of every command. */
export const STATUSES: readonly (readonly [status: number, meaning: string])[] = [
  [0, "it did what it was asked; the service: it was stopped and has left nothing behind"],
  [1, "it could not; the one line on standard error says why and what to do"],
  [2, "wrong usage; every problem of the command line is told at once"],
];

/** Variables that are no flags. */
export const VARIABLES: readonly (readonly [name: string, meaning: string])[] = [
  ["NODE_EXTRA_CA_CERTS", "A file with certificates of authorities to trust besides the usual ones."],
  ["NO_COLOR", "Turns off the colours of status, check, plan and explain when it is set."],
  ["NOTIFY_SOCKET", "Set by systemd: where it is told of readiness, and with WATCHDOG_USEC of being alive."],
];

/** Files that belong to a service made by the command `service`. */
export const FILES: readonly (readonly [path: string, meaning: string])[] = [
  ["/etc/systemd/system/gateway-route-manager.service", "The unit of systemd."],
  ["/etc/default/gateway-route-manager", "Settings as variables, read by that unit."],
  ["/etc/init.d/gateway-route-manager", "The script of OpenRC or of OpenWrt's procd."],
  ["/etc/conf.d/gateway-route-manager", "Settings as exported variables, read by OpenRC's."],
  ["/etc/gateway-route-manager.env", "Settings as variables, read by OpenWrt's."],
];

/** What is shown, and the lines to type. */
export const EXAMPLES: readonly (readonly [text: string, ...lines: string[]])[] = [
  [
    "Spread all traffic to public addresses over the healthy ones of three gateways:",
    "gateway-route-manager -start-ip 192.168.1.10 -end-ip 192.168.1.12",
  ],
  [
    "See first what stands in the way, and what would be changed:",
    "gateway-route-manager check -start-ip 192.168.1.10 -end-ip 192.168.1.12",
    "gateway-route-manager plan -start-ip 192.168.1.10 -end-ip 192.168.1.12",
  ],
  [
    "Three failures in a row take a gateway down, five successes bring it back, and one network is left out:",
    "gateway-route-manager -start-ip 192.168.1.10 -end-ip 192.168.1.12 -fall 3 -rise 5 -exclude-cidr 8.8.8.0/24",
  ],
  [
    "Make it a service of systemd:",
    "gateway-route-manager service systemd -start-ip 192.168.1.10 -end-ip 192.168.1.12",
  ],
  [
    "Ask the running service, live, and why an address goes where it goes:",
    "gateway-route-manager status -watch",
    "gateway-route-manager explain 8.8.8.8 -start-ip 192.168.1.10 -end-ip 192.168.1.12",
  ],
  [
    "Let Prometheus and Grafana watch it:",
    "gateway-route-manager print scrape-config -metrics-port 9091",
    "gateway-route-manager print alerts -timeout 2s",
    "gateway-route-manager print dashboard",
  ],
];
