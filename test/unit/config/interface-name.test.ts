import { expect, test } from "bun:test";

import { interfaceName } from "../../../src/config/file/own-values.ts";

test.each(["eth0", "br-lan.10", "wg0@x", "veth7", "äääääää", "a%d"])("an interface of a pool may be %s", (name) => {
  expect(interfaceName.parse(name)).toEqual({ ok: true, value: name });
});

test.each(["", "a b", "a/b", "a:b", ".", "..", "sixteen-letters-", "ääääääää", "a#b", "a'b", 'a"b', "a\\b", "a\nb"])(
  "an interface of a pool is not %j, which is none, or which a line for ip cannot name",
  (name) => {
    expect(interfaceName.parse(name)).toMatchObject({ ok: false });
  },
);
