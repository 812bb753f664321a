import { describe, expect, test } from "bun:test";

import {
  CLASS,
  decodeMessage,
  encodeMessage,
  type Message,
  OPERATION,
  TYPE,
} from "../../../../src/ddns/dns/message.ts";
import { faultOf, sign } from "../../../../src/ddns/dns/tsig.ts";
import type { TsigKey } from "../../../../src/ddns/dns/tsig-key.ts";

/** What nsupdate of BIND 9.18 sent: delete the A records of gw.example.com, add 198.51.100.1 with 60 s. */
const BY_NSUPDATE = Buffer.from(
  "dd1328000001000000020001076578616d706c6503636f6d0000060001026777c00c000100ff000000000000c01d000100010000003c0004" +
    "c63364010767726d2d6b65790000fa00ff00000000003d0b686d61632d7368613235360000006b084503012c0020b1cb14fd8c90f7e5e746" +
    "5ca47ff33866f62b1ba472d0944693d02dd1d98f5761dd1300000000",
  "hex",
);
const AT = 0x6b084503;
const KEY: TsigKey = {
  name: "grm-key",
  algorithm: "hmac-sha256",
  secret: Buffer.from("c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI=", "base64"),
};
const UPDATE: Message = {
  flags: OPERATION.update,
  question: { name: "example.com", type: TYPE.SOA, class: CLASS.IN },
  answers: [],
  authorities: [
    { name: "gw.example.com", type: TYPE.A, class: CLASS.ANY, ttl: 0, data: Buffer.alloc(0) },
    { name: "gw.example.com", type: TYPE.A, class: CLASS.IN, ttl: 60, data: Buffer.from([198, 51, 100, 1]) },
  ],
};

test("a signed update has the bytes of nsupdate", () => {
  const { bytes } = sign(encodeMessage(0xdd13, UPDATE), KEY, AT);
  expect(bytes.toString("hex")).toBe(BY_NSUPDATE.toString("hex"));
});

describe("the signature of an answer", () => {
  const request = sign(encodeMessage(7, UPDATE), KEY, AT);
  /** An answer as a server signs it: over the signature of the request as well. */
  const answerBy = (key: TsigKey, now: number, mac = request.mac): Buffer => {
    const { bytes: plain } = { bytes: encodeMessage(7, { ...UPDATE, flags: 0xa800, authorities: [] }) };
    const prefix = Buffer.concat([Buffer.from([0, mac.length]), mac]);
    const whole = sign(Buffer.concat([prefix, plain]), key, now);
    const signed = sign(plain, key, now).bytes;
    whole.mac.copy(signed, signed.length - 6 - whole.mac.length); // in the place of one over the answer alone
    return signed;
  };
  const judge = (bytes: Buffer, now = AT, key = KEY) => faultOf(bytes, decodeMessage(bytes)!, key, request.mac, now);

  test("is right where the server has the same key and saw this request", () => {
    expect(judge(answerBy(KEY, AT))).toBeUndefined();
  });

  test.each([
    ["another secret", answerBy({ ...KEY, secret: Buffer.from("other") }, AT)],
    ["another name of the key", answerBy({ ...KEY, name: "other" }, AT)],
    ["another algorithm", answerBy({ ...KEY, algorithm: "hmac-sha512" }, AT)],
    ["another request", answerBy(KEY, AT, Buffer.alloc(32))],
  ])("with %s is forged", (_, bytes) => {
    expect(judge(bytes)).toEqual({ code: "forged" });
  });

  test("with one changed bit is forged", () => {
    const bytes = answerBy(KEY, AT);
    bytes[3]! ^= 1;
    expect(judge(bytes)).toEqual({ code: "forged" });
  });

  test("may lack", () => {
    expect(judge(encodeMessage(7, { ...UPDATE, flags: 0xa800 }))).toEqual({ code: "unsigned" });
  });

  test.each([
    [300, undefined],
    [-300, undefined],
    [301, { code: "clock", seconds: 301 }],
    [-4000, { code: "clock", seconds: -4000 }],
  ])("made %d seconds away from the own clock", (seconds, fault) => {
    expect(judge(answerBy(KEY, AT + seconds))).toEqual(fault as never);
  });

  test.each([
    [16, { code: "signature" }],
    [17, { code: "key" }],
    [18, { code: "clock", seconds: 0 }],
    [22, { code: "signature" }],
  ])("reports the error %d of the server", (error, fault) => {
    const bytes = answerBy(KEY, AT);
    bytes.writeUInt16BE(error, bytes.length - 4);
    expect(judge(bytes)).toEqual(fault as never);
  });
});
