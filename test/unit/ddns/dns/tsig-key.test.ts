import { expect, test } from "bun:test";

import { isLikeTsigKey, parseTsigKey } from "../../../../src/ddns/dns/tsig-key.ts";

const SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI=";
const GENERATED = `key "grm-key" {\n\talgorithm hmac-sha256;\n\tsecret "${SECRET}";\n};\n`;
const key = { name: "grm-key", algorithm: "hmac-sha256", secret: Buffer.from(SECRET, "base64") } as const;

test.each([
  ["as tsig-keygen writes it", GENERATED],
  ["in one line", GENERATED.replaceAll(/\s+/g, " ")],
  ["with line breaks of Windows", GENERATED.replaceAll("\n", "\r\n")],
  ["without quotes", GENERATED.replaceAll('"', "")],
  ["in another order", `key grm-key { secret "${SECRET}"; algorithm HMAC-SHA256; };`],
  ["with comments", `# for the router\n/* of\nours */ ${GENERATED}// end`],
  ["with a dot behind the name", GENERATED.replace("grm-key", "grm-key.")],
])("a key %s is read", (_, text) => {
  expect(parseTsigKey(text)).toEqual(key);
  expect(isLikeTsigKey(text)).toBeTrue();
});

test("what looks like a comment in the secret, as in one of 50 of SHA-512, belongs to it", () => {
  const secret = `${SECRET.slice(0, 20)}//${SECRET.slice(22)}`;
  const read = parseTsigKey(`${GENERATED.replace(SECRET, secret)}// end "of it"`);
  expect(read).toEqual({ ...key, secret: Buffer.from(secret, "base64") });
});

test("a key of SHA-512 is read", () => {
  expect(parseTsigKey(GENERATED.replace("256", "512"))).toEqual({ ...key, algorithm: "hmac-sha512" });
});

test.each([
  ["a bare secret", SECRET, "tsig-keygen"],
  ["two keys", GENERATED + GENERATED, "tsig-keygen"],
  ["a name that is none of DNS", GENERATED.replace("grm-key", "grm..key"), "name"],
  ["MD5", GENERATED.replace("hmac-sha256", "hmac-md5"), "hmac-sha256 or hmac-sha512"],
  ["no algorithm", GENERATED.replace("algorithm", "algo"), "hmac-sha256 or hmac-sha512"],
  ["no secret", GENERATED.replace(SECRET, ""), "Base64"],
  ["a secret that is not in Base64", GENERATED.replace(SECRET, "se-cret"), "Base64"],
])("%s is no key, and what is expected shows no secret", (_, text, expected) => {
  const read = parseTsigKey(text);
  expect(read).toEqual({ expected: expect.stringContaining(expected) });
  expect(JSON.stringify(read)).not.toContain(SECRET);
});
