import { describe, expect, test } from "bun:test";

import { requirePassword } from "../../../src/http/auth.ts";

const PASSWORD = "p4ss: wörd/+=";

const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

async function ask(authorization: string | undefined, password: string | undefined = PASSWORD) {
  const handler = requirePassword(password, () => new Response("inside"));
  const headers = authorization === undefined ? {} : { authorization };
  const response = await handler(new Request("http://router:9090/metrics", { headers }));
  return { status: response.status, body: await response.text(), headers: response.headers };
}

test.each([
  ["with a user name", basic(`prometheus:${PASSWORD}`)],
  ["without a user name", basic(`:${PASSWORD}`)],
  ["with the scheme in other letters", basic(`x:${PASSWORD}`).replace("Basic", "bASIC")],
  ["after several spaces", basic(`x:${PASSWORD}`).replace(" ", "   ")],
  ["as a bearer token", `Bearer ${Buffer.from(PASSWORD).toString("latin1")}`], // as bytes of UTF-8 arrive
])("the password is accepted %s", async (_, authorization) => {
  expect(await ask(authorization)).toMatchObject({ status: 200, body: "inside" });
});

describe("access is denied", () => {
  test.each([
    [undefined, "a password is required"],
    ["", "a password is required"],
    ["Basic", "a password is required"],
    [basic("no colon"), "a password is required"],
    ["Digest username=x", "a password is required"],
    [PASSWORD, "a password is required"],
    [basic("user:"), "wrong password"],
    [basic("user:wrong"), "wrong password"],
    [basic(`user:${PASSWORD} `), "wrong password"],
    [basic(`${PASSWORD}:user`), "wrong password"],
    ["Bearer wrong", "wrong password"],
  ])("with %p: %s", async (authorization, why) => {
    const { status, body, headers } = await ask(authorization);
    expect({ status, body }).toEqual({ status: 401, body: expect.stringContaining(why) });
    expect(headers.get("www-authenticate")).toBe('Basic realm="gateway-route-manager", charset="UTF-8"');
    expect(body).not.toContain(PASSWORD);
  });
});

test("without a password the handler is called for every request", async () => {
  const handler = () => new Response("inside");
  expect(requirePassword(undefined, handler)).toBe(handler);
});
