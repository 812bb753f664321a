import { describe, expect, test } from "bun:test";

import { readBody } from "../../../src/fetch/body.ts";

interface Watched {
  readonly body: ReadableStream<Uint8Array>;
  /** Chunks handed out. */
  sent: number;
  cancelled: boolean;
}

/** A body whose chunks are made on demand; a generator that throws breaks it. */
function streaming(chunks: Iterable<Uint8Array | string>): Watched {
  const iterator = chunks[Symbol.iterator]();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = iterator.next();
      if (done) return controller.close();
      watched.sent += 1;
      controller.enqueue(typeof value === "string" ? encoder.encode(value) : value);
    },
    cancel() {
      watched.cancelled = true;
    },
  });
  const watched: Watched = { body, sent: 0, cancelled: false };
  return watched;
}

describe("a body is read", () => {
  test("that is not there, or empty, as the empty text", async () => {
    expect(await readBody(null, 10)).toBe("");
    expect(await readBody(streaming([]).body, 0)).toBe("");
    expect(await readBody(streaming(["", ""]).body, 0)).toBe("");
  });

  test("whole, however it is cut, within a character too", async () => {
    const text = "größe 🛰 {}\r\n\0";
    const bytes = new TextEncoder().encode(text);
    for (const size of [1, 2, 3, 5, 100]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => {
        return bytes.subarray(index * size, (index + 1) * size);
      });
      expect(await readBody(streaming(chunks).body, bytes.length)).toBe(text);
    }
  });

  test.each([
    ["in the middle", [0x61, 0xff, 0x62], "a\ufffdb"],
    ["at the end, where a character is cut off", [0x61, 0xf0, 0x9f], "a\ufffd"],
  ])("with what is no UTF-8 %s, which is replaced", async (_, bytes, text) => {
    expect(await readBody(streaming([Uint8Array.from(bytes)]).body, 100)).toBe(text);
  });

  test("up to the limit, which counts bytes and not characters", async () => {
    expect(await readBody(streaming(["äää"]).body, 6)).toBe("äää");
    expect(await readBody(streaming(["äää"]).body, 5)).toBeUndefined();
  });
});

describe("a body longer than the limit", () => {
  function* endless(): Generator<string> {
    for (;;) yield "x".repeat(1000);
  }

  test("is given up at the first chunk too many, and cut off", async () => {
    const watched = streaming(endless());
    expect(await readBody(watched.body, 10_000)).toBeUndefined();
    expect(watched.sent).toBeGreaterThan(10);
    expect(watched.sent).toBeLessThan(20);
    expect(watched.cancelled).toBe(true);
  });

  test("is given up in one huge chunk too", async () => {
    const watched = streaming(["x".repeat(1_000_000), "y"]);
    expect(await readBody(watched.body, 999_999)).toBeUndefined();
    expect(watched.cancelled).toBe(true);
  });

  test("is not cut off when it is only as long as the limit", async () => {
    const watched = streaming(["12345", "67890"]);
    expect(await readBody(watched.body, 10)).toBe("1234567890");
    expect(watched.cancelled).toBe(false);
  });
});

test("a body that breaks off is an error and no half text", async () => {
  function* breaking(): Generator<string> {
    yield "1.2.3.";
    throw new Error("cut");
  }
  await expect(readBody(streaming(breaking()).body, 100)).rejects.toThrow("cut");
});
