/** HTTP servers of a test in a namespace of the lab, over TCP or TLS. */
import { readFileSync } from "node:fs";

import { certificate } from "../../fakes/probe-server.ts";
import type { Lab } from "./lab.ts";
import type { Namespace } from "./namespace.ts";
import { addressOf } from "./network.ts";

export interface Site {
  readonly hostname: string;
  readonly port: number;
  /** Answers a request: by its path or its client, for example. */
  readonly fetch: (request: Request, server: Pick<Bun.Server<undefined>, "requestIP">) => Response;
  /** The name of a certificate in test/fixtures/probe-tls. */
  readonly tls?: string;
}

/** Serves until the lab is closed, or the returned function is called. */
export function serveSite(lab: Lab, space: Namespace, { hostname, port, fetch, tls }: Site): () => void {
  const keys = tls && {
    cert: readFileSync(certificate(`${tls}.pem`), "utf8"),
    key: readFileSync(certificate("server.key"), "utf8"),
  };
  const server = space.enter(() => Bun.serve({ hostname, port, fetch, ...(keys && { tls: keys }) }));
  const stop = (): void => void server.stop(true);
  lab.onClose(stop);
  return stop;
}

/** Answers 200 under one path, and with another answer anywhere else. */
export const onlyAt =
  (path: string, other: () => Response): Site["fetch"] =>
  ({ url }) =>
    new URL(url).pathname === path ? new Response("ok\n") : other();

/** The address for which the certificate `wrong-name` is valid. */
export const CERTIFIED = "10.99.99.99";

/** The environment in which the authority of test/fixtures/probe-tls is trusted. */
export const TRUSTING = { NODE_EXTRA_CA_CERTS: certificate("authority.pem") };

/** Gives the first gateway this address as well, and the router a network with it. */
export async function addCertified(lab: Lab): Promise<void> {
  await lab.gatewaySpace(1).batch([`address add ${CERTIFIED}/24 dev eth0`]);
  await lab.router.batch(["address add 10.99.99.1/24 dev gw0"]);
}

/** Flags with the first gateway alone, at another port of it. */
export const at = (port: number, address = addressOf(1)) => ({ "start-ip": address, "end-ip": address, port });
