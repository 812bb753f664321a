import { expect, test } from "bun:test";

import { optionList, variableOf } from "../../../src/config/options.ts";
import { hookEnvironment } from "../../../src/hooks/environment.ts";
import { notification } from "./hooks.fixture.ts";

const SECRET = "hunter2";

test("nothing of the service's own environment gets through but what a program needs to run", () => {
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

test("there is always a path to look for programs in", () => {
  expect(hookEnvironment({}, notification())["PATH"]).toContain("/usr/bin");
});

test("scripts find the notification in it, each value in one line", () => {
  const told = notification({ gateway: "10.0.0.1", reason: "a\nb\0c", up: 1, total: 3 });
  expect(hookEnvironment({}, told)).toMatchObject({
    HOOK_EVENT: "gateway-down",
    HOOK_TIME: told.time,
    HOOK_MESSAGE: told.message,
    HOOK_UP: "1",
    HOOK_TOTAL: "3",
    HOOK_GATEWAY: "10.0.0.1",
    HOOK_REASON: "a\\u000ab\\u0000c",
  });
  expect(hookEnvironment({}, notification())).toMatchObject({ HOOK_GATEWAY: "", HOOK_REASON: "" });
});
