/** Each remedy of the check command about flags and the port of the metrics, carried out: with it, the finding is gone. */
import { setDefaultTimeout } from "bun:test";

import { WITHOUT_EXECUTABLE_MEMORY } from "./lab/executable.ts";
import { type Lab, openLab } from "./lab/index.ts";
import { AS_NOBODY, curesIn, expectInRemedy, setting, type Setup, type TopicCase } from "./lab/remedies.ts";

setDefaultTimeout(60_000);

type MachineCase = TopicCase<Lab>;

const describeCases = curesIn(() => openLab({ gateways: 2 }));

/** What a person changes to follow a remedy. */
const flags = (wrong: NonNullable<Setup["flags"]>, pattern: RegExp, right: NonNullable<Setup["flags"]>): MachineCase =>
  setting<Lab>(() => ({ flags: wrong }), pattern, { flags: right });

const DDNS = { "ddns-hostname": "gw.example.net" };

describeCases("flags make sense after the remedy:", "flags", {
  "a -route that is excluded": flags(
    { route: ["1.0.0.0/8", "9.0.0.0/8"], "exclude-cidr": "9.0.0.0/8" },
    /^remove that -route, or narrow -exclude-cidr$/,
    { route: "1.0.0.0/8" },
  ),
  "a -route that is excluded, with a narrower exclusion": flags(
    { route: ["1.0.0.0/8", "9.0.0.0/8"], "exclude-cidr": "9.0.0.0/8" },
    /or narrow -exclude-cidr$/,
    { "exclude-cidr": "9.9.0.0/16" },
  ),
  "-fast-check-period": flags({ "fast-check-period": "1s" }, /^set -rise or -fall above 1/, { fall: 2 }),
  "-flap-hold": flags({ "flap-hold": "1s" }, /^raise it to several periods$/, { "flap-hold": "15s" }),
  "-min-healthy-policy": flags({ "min-healthy-policy": "none" }, /^set -min-healthy,/, { "min-healthy": 1 }),
  "-ddns-hostname": flags(DDNS, /, or remove -ddns-hostname$/, { "ddns-hostname": "" }),
  "-ddns-api-url": flags(
    { ...DDNS, "ddns-provider": "dynudns", "ddns-password": "key", "ddns-api-url": "http://10.88.0.1/v2" },
    /^use https$/,
    { "ddns-api-url": "https://10.88.0.1/v2" },
  ),
  "-public-ip-service-hostname": setting(
    () => ({
      flags: {
        ...DDNS,
        "ddns-provider": "dynudns",
        "ddns-password": "key",
        "ddns-api-url": "https://10.88.0.1/v2",
        "public-ip-service-hostname": "1.1.1.1",
      },
      options: { wrapper: WITHOUT_EXECUTABLE_MEMORY },
    }),
    /MemoryDenyWriteExecute=no.*; or leave the flag out/,
    { options: {} },
  ),
  "an unknown variable": setting(
    () => ({ options: { env: { GRM_PROT: "1" } } }),
    /^see help flags for all variables$/,
    {
      options: { env: { GRM_PORT: "9999" } },
    },
  ),
});

describeCases("no user can read a secret after the remedy:", "secrets", {
  "of one on the command line": setting(
    () => ({ flags: { "http-password": "hunter2" } }),
    /^set GRM_HTTP_PASSWORD_FILE to a file that holds it, or GRM_HTTP_PASSWORD in the environment$/,
    { flags: { "http-password": "" }, options: { env: { GRM_HTTP_PASSWORD: "hunter2" } } },
  ),
});

describeCases("the port of the metrics can be opened after the remedy:", "metrics port", {
  "one above 1023": setting(
    () => ({ flags: { "metrics-port": 80 }, options: { wrapper: AS_NOBODY } }),
    /^choose a -metrics-port above 1023$/,
    { flags: { "metrics-port": 1024 } },
  ),
  "an address of this machine": flags({ "metrics-address": "192.0.2.1" }, /-metrics-address is one of this machine/, {
    "metrics-address": "127.0.0.1",
  }),
  "another one than that of an instance with another table": {
    async make(lab) {
      await lab.start().untilReady();
      return { flags: { "first-routing-table-id": 181, "first-rule-preference": 10_880 } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /^choose another -metrics-port$/);
      return { flags: { "metrics-port": 9091 } };
    },
  },
});
