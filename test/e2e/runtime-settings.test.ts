/** Variables with which the environment could change the runtime of the executable. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";

import { openDdnsLab, openLab } from "./lab/index.ts";

setDefaultTimeout(60_000);

/** The TCP ports on which something listens in the network namespace of a process (proc_net_tcp: state 0A). */
function listeningPorts(pid: number): number[] {
  const sockets = ["tcp", "tcp6"].flatMap((file) => readFileSync(`/proc/${pid}/net/${file}`, "utf8").split("\n"));
  return sockets.flatMap((socket) => {
    const [, port] = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:0000 0A /.exec(socket) ?? [];
    return port === undefined ? [] : Number.parseInt(port, 16);
  });
}

test("variables of a developer's shell open no debugger, and are gone once the service runs", async () => {
  const lab = await openLab();
  const env = { BUN_INSPECT: "0.0.0.0:6499", BUN_JSC_dumpOptions: "0", NODE_TLS_REJECT_UNAUTHORIZED: "0" };
  const daemon = lab.start({}, { env });
  await lab.untilRouted([1, 2, 3]);
  const variables = readFileSync(`/proc/${daemon.pid}/environ`, "utf8").split("\0");
  const names = variables.map((variable) => variable.split("=")[0]!);
  expect(names.filter((name) => name in env)).toEqual([]);
  expect(listeningPorts(daemon.pid)).toEqual([9090]);
});

test("a provider whose certificate no known authority signed gets no key, whatever NODE_TLS_REJECT_UNAUTHORIZED says", async () => {
  const { ddns } = await openDdnsLab();
  const env = { NODE_EXTRA_CA_CERTS: "", NODE_TLS_REJECT_UNAUTHORIZED: "0" };
  const daemon = ddns.start({}, { env });
  await daemon.log.next(/level=warn.*Dynu cannot be reached: TLS/);
  expect(ddns.dynu.requests).toEqual([]);
});
