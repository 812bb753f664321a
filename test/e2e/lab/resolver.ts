/** A resolver that takes questions and never answers. */
import type { Lab } from "./lab.ts";

const ADDRESS = "127.0.0.99";

/**
 * Flags with two names to look up at once: those took every thread of the pool through which `ip` gets its input, and the
 * log is written.
 */
export const TWO_NAMES = {
  "ddns-provider": "dynudns",
  "ddns-hostname": "gw.example.com",
  "ddns-password": "key",
  "public-ip-service-hostname": "ip.example.com",
};

/** Has the executable ask such a resolver, when it is started with this wrapper. */
export async function silentResolver(lab: Lab): Promise<{ readonly wrapper: string[] }> {
  const socket = await lab.router.enter(() => Bun.udpSocket({ hostname: ADDRESS, port: 53 }));
  lab.onClose(() => socket.close());
  const settings = lab.file("resolv.conf", `nameserver ${ADDRESS}\noptions timeout:10 attempts:3\n`);
  const mount = `mount --bind ${settings} /etc/resolv.conf; exec "$@"`;
  return { wrapper: ["unshare", "-m", "sh", "-c", mount, "sh"] };
}
