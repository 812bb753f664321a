/** Answers of a public address service that are none. */
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  addressOf,
  answering,
  type Behaviour,
  garbling,
  hanging,
  openDdnsLab,
  publicOf,
  refusing,
  sending,
  reporting,
  answeringJson,
  untilState,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

const failures: [string, Behaviour][] = [
  ["turns empty", answeringJson({ public_ip: "", region: "" })],
  ["loses its key", answeringJson({ region: "Fake" })],
  ["has no body", answering(200, { body: "" })],
  ["is a web page", answering(200, { body: "<html>1.0.0.9</html>" })],
  ["is no HTTP", garbling],
  ["is a private address", reporting("192.168.7.7")],
  ["is an IPv6 address", reporting("2606:4700::1111")],
  ["wants credentials", answering(401)],
  ["is an error with an address in it", answering(500, { body: "1.0.0.9" })],
  ["leads elsewhere", answering(302, { headers: { Location: `http://${addressOf(1)}:8000/v1/publicip/ip` } })],
  ["never comes", hanging],
  ["is a refused connection", refusing],
  ["never ends", sending(Infinity)],
];

test.each(failures)("an answer that %s: the healthy gateway keeps its record", async (_, behaviour) => {
  const { lab, ddns } = await openDdnsLab();
  const ids = [1, 2, 3].map((number) => ddns.dynu.put({ content: publicOf(number) }).id);
  const daemon = ddns.start();
  await untilState(daemon, 2, "known");
  ddns.service(2).becomes(behaviour);
  await untilState(daemon, 2, "kept");
  lab.gateway(3).becomes(answering(503)); // an update that would have to take the record along
  await ddns.untilReadBack([1, 2]);
  expect(ddns.own().map(({ id }) => id)).toEqual(ids.slice(0, 2));
  await daemon.log.next(/level=warn.*cannot determine the public address of 10\.77\.0\.12/);
  expect(daemon.log.matching(/level=warn.*cannot determine the public address of 10\.77\.0\.12/)).toHaveLength(1);
});
