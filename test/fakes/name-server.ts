import { CLASS, type Message, OPERATION, RCODE, type ResourceRecord, TYPE } from "../../src/ddns/dns/message.ts";
import type { DnsAnswer, SendDns } from "../../src/ddns/dns/send-dns.ts";
import { addressIn, dataOf } from "../../src/ddns/dns/address-data.ts";

/** A record of the zone, with its data as an address or a text. */
export interface ZoneRecord {
  readonly name: string;
  readonly type: number;
  readonly ttl: number;
  readonly data: string;
}

export const KEY_TEXT =
  'key "grm-key" { algorithm hmac-sha256; secret "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI="; };';

const SECRET = Buffer.from("secretsecretsecretsecretsecret12");

/**
 * A name server in memory: the primary one of example.com, in which a key may write the addresses of gw and alias. It
 * answers as BIND does, and refuses what breaks the rules of RFC 2136.
 */
export class FakeNameServer {
  readonly messages: Message[] = [];
  records: ZoneRecord[] = [];
  /** Answers every name without a record. */
  wildcard: string | undefined;
  /** Whether it has the zone only from another server's cache. */
  isSecondHand = false;
  /** Keys besides the own one that it knows and that may write nothing. */
  readonly idleKeys = new Set(["idle-key"]);
  readonly #next: (Partial<DnsAnswer> | Error)[] = [];

  /** The next message, which is not carried out, is answered so, or ends with this error. */
  fail(...answers: readonly (Partial<DnsAnswer> | Error)[]): void {
    this.#next.push(...answers);
  }

  readonly send: SendDns = async (_, message, key, signal) => {
    signal.throwIfAborted();
    this.messages.push(message);
    const planned = this.#next.shift();
    if (planned instanceof Error) throw planned;
    if (planned) return answer(planned.rcode ?? RCODE.done, planned);
    if (key.name !== "grm-key" && !this.idleKeys.has(key.name))
      return answer(RCODE.NOTAUTH, { fault: { code: "key" } });
    if (!this.idleKeys.has(key.name) && !key.secret.equals(SECRET)) {
      return answer(RCODE.NOTAUTH, { fault: { code: "signature" } });
    }
    if (!isWithin(message.question.name)) {
      return answer(message.flags === OPERATION.update ? RCODE.NOTAUTH : RCODE.REFUSED, { isAuthoritative: false });
    }
    return message.flags === OPERATION.update ? this.#update(message, key.name) : this.#query(message);
  };

  addressesOf(name: string, type: number = TYPE.A): string[] {
    return this.records.filter((one) => one.name === name && one.type === type).map(({ data }) => data);
  }

  #query({ question: { name, type } }: Message): DnsAnswer {
    const isAuthoritative = !this.isSecondHand;
    const own = this.records.filter((one) => one.name === name);
    const alias = own.find((one) => one.type === TYPE.CNAME);
    const wild = own.length === 0 && this.wildcard !== undefined && type === TYPE.A;
    const found = alias ? [alias] : own.filter((one) => one.type === type);
    if (wild) found.push({ name, type, ttl: 300, data: this.wildcard! });
    const soa = { name: "example.com", type: TYPE.SOA, class: CLASS.IN, ttl: 60, data: Buffer.alloc(22) };
    if (found.length > 0) return answer(RCODE.done, { isAuthoritative, answers: found.map(recordOf) });
    const rcode = own.length > 0 || this.wildcard !== undefined ? RCODE.done : RCODE.NXDOMAIN;
    return answer(rcode, { isAuthoritative, authorities: [soa] });
  }

  #update({ question, answers, authorities }: Message, key: string): DnsAnswer {
    if (question.name !== "example.com" || question.type !== TYPE.SOA) return answer(RCODE.NOTAUTH);
    const failed = this.#prerequisitesOf(answers);
    if (failed !== undefined) return answer(failed);
    const mayWrite = authorities.every(({ name, type }) => /^(gw|alias)\./.test(name) && isAddressType(type));
    if (this.idleKeys.has(key) || !mayWrite) return answer(RCODE.REFUSED);
    if (authorities.some((one) => one.class === CLASS.ANY && (one.ttl !== 0 || one.data.length > 0))) {
      return answer(RCODE.FORMERR);
    }
    for (const { name, type, class: kind, ttl, data } of authorities) {
      const isOther = (one: ZoneRecord): boolean => one.name !== name || one.type !== type;
      if (kind === CLASS.ANY) this.records = this.records.filter(isOther);
      else this.records = [...this.records, { name, type, ttl, data: textOf(type, data) }];
    }
    return answer(RCODE.done);
  }

  /** The code for the first prerequisite that does not hold. */
  #prerequisitesOf(prerequisites: readonly ResourceRecord[]): number | undefined {
    for (const { name, type, class: kind, ttl } of prerequisites) {
      const there = this.records.filter((one) => one.name === name && one.type === type).map(({ data }) => data);
      if (ttl !== 0) return RCODE.FORMERR;
      if (kind === CLASS.NONE && there.length > 0) return RCODE.YXRRSET;
      const same = prerequisites.filter((one) => one.name === name && one.type === type && one.class === CLASS.IN);
      const values = same.map(({ data }) => textOf(type, data));
      if (kind === CLASS.IN && values.sort().join() !== there.sort().join()) return RCODE.NXRRSET;
    }
    return undefined;
  }
}

function isAddressType(type: number): boolean {
  return type === TYPE.A || type === TYPE.AAAA;
}

function textOf(type: number, data: Buffer): string {
  return addressIn({ data }, type === TYPE.A ? 4 : 6)!;
}

function isWithin(name: string): boolean {
  return `.${name.toLowerCase()}`.endsWith(".example.com");
}

function recordOf({ name, type, ttl, data }: ZoneRecord): DnsAnswer["answers"][number] {
  const bytes = isAddressType(type) ? dataOf(data) : Buffer.from(data);
  return { name, type, class: CLASS.IN, ttl, data: bytes, start: 0, dataStart: 0 };
}

type Given = Partial<Omit<DnsAnswer, "authorities">> & { readonly authorities?: readonly ResourceRecord[] };

function answer(rcode: number, { authorities = [], ...more }: Given = {}): DnsAnswer {
  const received = authorities.map((one) => ({ ...one, start: 0, dataStart: 0 }));
  return { rcode, isAuthoritative: true, answers: [], authorities: received, ...more };
}
