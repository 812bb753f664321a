import { JOB } from "./limits.ts";

/** Where a service answers, as its flags tell. */
export interface Endpoint {
  /** `-metrics-address`. */
  readonly address: string;
  readonly port: number;
  readonly protected: boolean;
  /** The name of this machine, by which others know it. */
  readonly machine: string;
}

/** Beside prometheus.yml: Prometheus looks for a relative path there. */
export const PASSWORD_FILE = `${JOB}.password`;

/** The part of Prometheus' configuration that scrapes the service. The password itself is never in it. */
export function scrapeConfig({ address, port, protected: guarded, machine }: Endpoint): object {
  const host = address === "all" ? machine : address.includes(":") ? `[${address}]` : address;
  return {
    scrape_configs: [
      {
        job_name: JOB,
        ...(guarded && { basic_auth: { username: "prometheus", password_file: PASSWORD_FILE } }),
        static_configs: [{ targets: [`${host}:${port}`] }],
      },
    ],
  };
}

/** What a person has to know of it. */
export function scrapeNotes({ address, protected: guarded }: Endpoint): string[] {
  const reach =
    address === "all"
      ? ["The target has to be a name or an address by which Prometheus reaches this machine."]
      : ["The target is -metrics-address; only whoever reaches that address can scrape it."];
  const password = guarded ? [`Put the password into ${PASSWORD_FILE}, in the folder of prometheus.yml.`] : [];
  return ["For prometheus.yml. The alerts expect this job_name.", ...reach, ...password];
}
