import { describe, expect, test } from "bun:test";

import { answerTo, dnsQuestion } from "../../../src/probe/through/dns-message.ts";

const QUESTION = dnsQuestion(0xabcd);
const answer = (change: (message: Buffer) => void = () => {}): Buffer => {
  const message = Buffer.concat([QUESTION, Buffer.from("what follows is not read")]);
  message[2] = 0x81;
  message[3] = 0x80;
  change(message);
  return message;
};

test("a question asks for the A records of example.com, recursively", () => {
  expect(QUESTION.toString("hex")).toBe(
    "abcd01000001000000000000" + "076578616d706c65" + "03636f6d" + "00" + "00010001",
  );
});

describe("a message", () => {
  test.each<[string, string, (message: Buffer) => void]>([
    ["NOERROR", "with records", () => {}],
    ["NXDOMAIN", "that reports an error", (it) => void (it[3] = 0x83)],
    ["RCODE 11", "with an unknown response code", (it) => void (it[3] = 0x8b)],
    ["FORMERR", "without the question", (it) => ((it[5] = 0), (it[3] = 1), it.fill(0xff, 12))],
  ])("is the answer %s: %s", (name, _, change) => {
    expect(answerTo(QUESTION, answer(change))).toBe(name);
  });

  test.each<[string, (message: Buffer) => void]>([
    ["with another id", (it) => void (it[1] = 0)],
    ["that is a question", (it) => void (it[2] = 0x01)],
    ["with another question", (it) => void (it[13] = 0x78)],
    ["with two questions", (it) => void (it[5] = 2)],
  ])("is no answer: %s", (_, change) => {
    expect(answerTo(QUESTION, answer(change))).toBeUndefined();
  });

  test("that is cut short anywhere is no answer, and never throws", () => {
    for (let length = 0; length < QUESTION.length; length++) {
      expect(answerTo(QUESTION, answer().subarray(0, length))).toBeUndefined();
    }
  });
});
