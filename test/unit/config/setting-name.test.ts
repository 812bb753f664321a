import { expect, test } from "bun:test";

import { TABLES } from "../../../src/config/file/tables.ts";
import type { Key } from "../../../src/config/file/keys.ts";
import type { OptionValues } from "../../../src/config/options.ts";
import { FLAG_NAMES, KEY_NAMES, settingNames } from "../../../src/config/setting-name.ts";

const IN_FILE = settingNames({ config: "/etc/file.toml" });

test("settings have the names of their flags, or those of their keys", () => {
  expect(settingNames({ config: undefined })).toBe(FLAG_NAMES);
  expect(
    ["throughText", "ddnsApiUrl", "minHealthy"].map((one) => FLAG_NAMES.nameOf(one as keyof OptionValues)),
  ).toEqual([...["-through-text", "-ddns-api-url", "-min-healthy"]]);
  expect(["throughText", "ddnsApiUrl", "minHealthy"].map((one) => IN_FILE.nameOf(one as keyof OptionValues))).toEqual([
    ...["text", "api-url of [[ddns]]", "min-healthy"],
  ]);
  expect([FLAG_NAMES, IN_FILE].map((names) => names.featureOf("exitCheck"))).toEqual(["-exit-check", "[exit-check]"]);
});

test("several of them stand with their values as people write them", () => {
  const values = [
    ["publicIpServiceScheme", "http"],
    ["publicIpServicePort", 8000],
  ] as const;
  expect([FLAG_NAMES, IN_FILE].map((names) => names.withValues(values))).toEqual([
    "-public-ip-service-scheme http -public-ip-service-port 8000",
    'service-scheme = "http", service-port = 8000 in [public-ip]',
  ]);
});

test("each name in a file is that of a key of its table", () => {
  for (const [option, [name, table]] of Object.entries(KEY_NAMES)) {
    const keys = TABLES.filter(({ title }) => table === undefined || title === table).flatMap(({ keys }) =>
      Object.values<Key>(keys),
    );
    const found = keys.filter((key) => key.name === name && [option, undefined].includes(key.option));
    expect({ option, found: found.length }).not.toEqual({ option, found: 0 });
  }
});
