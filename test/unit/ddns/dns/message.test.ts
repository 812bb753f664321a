import { describe, expect, test } from "bun:test";

import { CLASS, decodeMessage, encodeMessage, type Message, TYPE } from "../../../../src/ddns/dns/message.ts";

const record = (name: string, host: number) => ({
  name,
  type: TYPE.A,
  class: CLASS.IN,
  ttl: 60,
  data: Buffer.from([1, 0, 0, host]),
});
const MESSAGE: Message = {
  flags: 0x8580,
  question: { name: "gw.example.com", type: TYPE.A, class: CLASS.IN },
  answers: [record("gw.example.com", 1), record("other.example.com", 2)],
  authorities: [record("com", 3), record("", 4)],
};

test("a message is read as it was written", () => {
  const received = decodeMessage(encodeMessage(77, MESSAGE))!;
  const plain = ({ name, data, ttl }: { name: string; data: Buffer; ttl: number }) => [name, data.join("."), ttl];
  expect(received).toMatchObject({ id: 77, isResponse: true, isAuthoritative: true, isTruncated: false, rcode: 0 });
  expect(received.questions).toEqual([MESSAGE.question]);
  expect(received.answers.map(plain)).toEqual(MESSAGE.answers.map(plain));
  expect(received.authorities.map(plain)).toEqual(MESSAGE.authorities.map(plain));
});

test("names that were written before are pointers", () => {
  const many = Array.from({ length: 20 }, (_, host) => record("gw.example.com", host));
  const bytes = encodeMessage(1, { ...MESSAGE, answers: many, authorities: [] });
  expect(bytes.length).toBe(12 + 20 + 20 * 16);
});

test("a name behind the reach of a pointer is written in full", () => {
  const many = Array.from({ length: 2000 }, (_, host) => record(`h${host}.example.com`, host & 255));
  const received = decodeMessage(
    encodeMessage(1, { ...MESSAGE, answers: many, authorities: [record("h1999.example.com", 9)] }),
  )!;
  expect(received.answers.map(({ name }) => name)).toEqual(many.map(({ name }) => name));
  expect(received.authorities[0]!.name).toBe("h1999.example.com");
});

describe("what is no message", () => {
  test("of any length is undefined, and not a fault", () => {
    const bytes = encodeMessage(1, MESSAGE);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(decodeMessage(bytes.subarray(0, length))).toBeUndefined();
    }
  });

  test.each([
    ["a pointer to itself", "c00c"],
    ["a pointer forward", "c0ff"],
    ["a label of a reserved kind", "80"],
    ["a label without end", "3f41"],
  ])("for %s is undefined", (_, name) => {
    const header = "000180000001000000000000";
    expect(decodeMessage(Buffer.from(`${header}${name}00010001`, "hex"))).toBeUndefined();
  });

  test("with two names that point to each other is undefined", () => {
    const bytes = Buffer.from("000180000002000000000000c01200010001c00c00010001", "hex");
    expect(decodeMessage(bytes)).toBeUndefined();
  });
});
