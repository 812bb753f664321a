/** A DNS resolver that receives queries and never answers. */
import type { Lab } from "./lab.ts";

const ADDRESS = "127.0.0.99";

/**
 * Flags with which two host names are looked up at once. Bun's look-ups block threads of the pool that also writes the
 * input of `ip` and the log; two silent look-ups once occupied all of them.
 */
export const TWO_NAMES = {
  "ddns-provider": "dynudns",
  "ddns-hostname": "gw.example.com",
  "ddns-password": "key",
  "public-ip-service-hostname": "ip.example.com",
};

/** Opens such a resolver. The executable uses it when it is started with the returned wrapper. */
export async function silentResolver(lab: Lab): Promise<{ readonly wrapper: string[] }> {
  const socket = await lab.router.enter(() => Bun.udpSocket({ hostname: ADDRESS, port: 53 }));
  lab.onClose(() => socket.close());
  const settings = lab.file("resolv.conf", `nameserver ${ADDRESS}\noptions timeout:10 attempts:3\n`);
  const mount = `mount --bind ${settings} /etc/resolv.conf; exec "$@"`;
  return { wrapper: ["unshare", "-m", "sh", "-c", mount, "sh"] };
}
