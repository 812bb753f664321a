/** Where a service answers scrapes. */
export interface Endpoint {
  /** `-metrics-address`. */
  readonly address: string;
  readonly port: number;
  readonly protected: boolean;
  /** The name of this machine, by which others know it. */
  readonly machine: string;
}

/** The part of prometheus.yml that scrapes the service, in YAML. The password itself is never in it. */
export function scrapeConfig({ address, port, protected: guarded, machine }: Endpoint): string {
  const everywhere = address === "all";
  const host = everywhere ? machine : address.includes(":") ? `[${address}]` : address;
  const reach = everywhere
    ? "The target has to be a name or an address by which Prometheus reaches this machine."
    : "The target is -metrics-address: only a Prometheus that reaches that address can scrape it.";
  const password = `
    # Put the password into this file, in the folder of prometheus.yml.
    basic_auth: { username: prometheus, password_file: gateway-route-manager.password }`;
  return `\
# For prometheus.yml. The alerts expect this job_name.
# ${reach}
scrape_configs:
  - job_name: gateway-route-manager${guarded ? password : ""}
    static_configs:
      - targets: ["${host}:${port}"]
`;
}
