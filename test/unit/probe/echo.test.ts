import { expect, test } from "bun:test";

import { echoRequest, isReplyTo } from "../../../src/probe/through/echo.ts";

const REQUEST = echoRequest(Buffer.from("0123456789abcdef"));
const reply = (change: (packet: Buffer) => void = () => {}): Buffer => {
  const packet = Buffer.from(REQUEST);
  packet[0] = 0;
  packet.writeUInt16BE(4242, 4); // the identifier that the kernel has set
  change(packet);
  return packet;
};

test("an echo request has type 8, code 0 and its payload", () => {
  expect(REQUEST.toString("latin1")).toBe("\x08\0\0\0\0\0\0\x000123456789abcdef");
});

test("a reply is recognised by its type and its payload", () => {
  expect(isReplyTo(REQUEST, reply())).toBe(true);
  expect(
    isReplyTo(
      REQUEST,
      reply((packet) => void (packet[0] = 8)),
    ),
  ).toBe(false);
  expect(
    isReplyTo(
      REQUEST,
      reply((packet) => void (packet[9] = 0)),
    ),
  ).toBe(false);
  expect(isReplyTo(REQUEST, reply().subarray(0, 8))).toBe(false);
  expect(isReplyTo(REQUEST, Buffer.alloc(0))).toBe(false);
});

test("an echo request of IPv6 has type 128, and its reply type 129", () => {
  const request = echoRequest(Buffer.from("0123456789abcdef"), 6);
  expect(request.toString("latin1")).toBe("\x80\0\0\0\0\0\0\x000123456789abcdef");
  const answer = (type: number): Buffer => Buffer.concat([Buffer.of(type), request.subarray(1)]);
  expect([0, 8, 128, 129].map((type) => isReplyTo(request, answer(type)))).toEqual([false, false, false, true]);
});
