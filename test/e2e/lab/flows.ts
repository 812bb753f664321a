/** Which gateway the kernel chooses for each of many flows. */
import { CLIENT6, INTERNET6 } from "./ipv6.ts";
import { IP, type Namespace, run } from "./namespace.ts";
import { CLIENT } from "./network.ts";
import { INTERNET } from "./traffic.ts";

/** The gateway of each of so many flows of the client, by the kernel's route look-up for a forwarded packet. */
export async function gatewaysOfFlows(router: Namespace, flows: number, ipv6 = false): Promise<string[]> {
  const [to, from] = ipv6 ? [INTERNET6, CLIENT6] : [INTERNET, CLIENT];
  const lines = Array.from({ length: flows }, (_, index) => {
    return `route get ${to} from ${from} iif lan0 ipproto udp sport ${20_000 + index} dport 443`;
  });
  const text = await run([IP, "-n", router.name, "-j", "-batch", "-"], lines.join("\n"));
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { gateway: string }[])[0]!.gateway);
}
