import { expect, test } from "bun:test";

import { optionList, variableOf } from "../../../src/config/options.ts";
import { hookEnvironment } from "../../../src/hooks/environment.ts";
import { notification } from "./hooks.fixture.ts";

const SECRET = "hunter2";

test("a command inherits only the variables that it needs to run", () => {
  const variables = optionList.flatMap((option) => [
    variableOf(option),
    `${variableOf(option)}_FILE`,
    ...(option.legacyVariable ? [option.legacyVariable, `${option.legacyVariable}_FILE`] : []),
  ]);
  const others = ["NOTIFY_SOCKET", "CREDENTIALS_DIRECTORY", "AWS_SECRET_KEY", "TOKEN", "LD_PRELOAD", "XPATH", "LC_x"];
  const own = Object.fromEntries([...variables, ...others].map((name) => [name, SECRET]));
  const environment = hookEnvironment({ ...own, PATH: "/bin", TZ: "UTC", LC_ALL: "C" }, notification());
  expect(JSON.stringify(environment)).not.toContain(SECRET);
  expect(environment).toMatchObject({ PATH: "/bin", TZ: "UTC", LC_ALL: "C" });
});

test("there is always a PATH", () => {
  expect(hookEnvironment({}, notification())["PATH"]).toContain("/usr/bin");
});

test("the environment contains the notification, each value in one line", () => {
  const sent = notification({ gateway: "10.0.0.1", reason: "a\nb\0c", up: 1, total: 3 });
  expect(hookEnvironment({}, sent)).toMatchObject({
    HOOK_EVENT: "gateway-down",
    HOOK_TIME: sent.time,
    HOOK_MESSAGE: sent.message,
    HOOK_UP: "1",
    HOOK_TOTAL: "3",
    HOOK_GATEWAY: "10.0.0.1",
    HOOK_REASON: "a\\u000ab\\u0000c",
  });
  const plain = hookEnvironment({}, notification());
  expect(plain).toMatchObject({ HOOK_GATEWAY: "", HOOK_REASON: "" });
  expect(plain).not.toHaveProperty("HOOK_POOL");
  expect(plain).not.toHaveProperty("HOOK_POOLS");
  expect(hookEnvironment({}, notification({ pools: ["vpn", "lte"] }))["HOOK_POOLS"]).toBe("vpn lte");
  expect(plain).not.toHaveProperty("HOOK_GATEWAY_NAME");
  expect(hookEnvironment({}, notification({ gatewayName: "sweden" }))["HOOK_GATEWAY_NAME"]).toBe("sweden");
  expect(plain).not.toHaveProperty("HOOK_FAMILY");
  expect(hookEnvironment({}, notification({ family: "ipv6" }))["HOOK_FAMILY"]).toBe("ipv6");
  expect(hookEnvironment({}, notification({ pool: "vpn" }))["HOOK_POOL"]).toBe("vpn");
});
