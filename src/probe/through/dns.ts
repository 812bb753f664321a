import { randomInt } from "node:crypto";

import { FAMILIES, parseAddress } from "../../net/address.ts";
import { formatDuration } from "../../net/duration.ts";
import type { ThroughProbe } from "../probe.ts";
import { converse } from "../socket/converse.ts";
import { MarkedSocket } from "../socket/marked-socket.ts";
import { type Outcome, throughProbe } from "./attempt.ts";
import { answerTo, dnsQuestion } from "./dns-message.ts";

/** A DNS server. `timeout` is in milliseconds. */
export interface DnsTarget {
  readonly kind: "dns";
  readonly address: string;
  readonly port: number;
  readonly timeout: number;
}

/** A probe that sends one question over UDP. Any answer proves the path, also one that reports an error. */
export function dnsProbe({ address, port, timeout }: DnsTarget): ThroughProbe {
  const target = parseAddress(address, FAMILIES)!;
  const wrong = `other packets than an answer arrived within ${formatDuration(timeout)}`;
  return throughProbe(timeout, async (path, signal) => {
    using socket = new MarkedSocket("udp", path);
    const question = dnsQuestion(randomInt(65_536));
    socket.connect(target, port);
    socket.send(question);
    let others = 0;
    const received = (message: Buffer): Outcome | undefined => {
      const rcode = answerTo(question, message);
      if (rcode !== undefined) return { kind: "success", detail: `answer ${rcode}` };
      others += 1;
      return undefined;
    };
    return await converse(socket, signal, { received }).catch((error: unknown) => {
      if (signal.aborted && others > 0) return { kind: "failure", code: "malformed", detail: wrong };
      throw error;
    });
  });
}
