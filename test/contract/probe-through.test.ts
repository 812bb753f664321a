/** Every prober of a target beyond a gateway, with real packets through two gateways in namespaces. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Namespace } from "../e2e/lab/namespace.ts";
import { hostInUrl } from "../../src/net/url-host.ts";
import type { ThroughSettings } from "../../src/probe/probers.ts";
import type { DnsTarget } from "../../src/probe/through/dns.ts";
import type { Job } from "../fakes/through-child.ts";
import { failure, success } from "../fakes/probe-outcomes.ts";
import { answer, type Behaviour, hang, onRequest, say, startProbeServer } from "../fakes/probe-server.ts";
import {
  inChild,
  MARK,
  openWorld,
  outcomesOf as outcomesOfJobs,
  PLACES,
  serveUdp,
  targetsAt,
  TIMEOUT,
} from "./probe-through.fixture.ts";

setDefaultTimeout(60_000);

describe.each([4, 6] as const)("over IPv%d", (family) => {
  const { target: TARGET, silent: SILENT, unreachable: UNREACHABLE, prohibited: PROHIBITED } = PLACES[family];
  const { firstOnly: FIRST_ONLY, near } = PLACES[family];
  const inFamily = (job: Job): Job => ({ ...job, family });
  const outcomesOf = (space: Namespace, jobs: readonly Job[]) => outcomesOfJobs(space, jobs.map(inFamily));

  let lab: Awaited<ReturnType<typeof openWorld>>;
  beforeAll(async () => void (lab = await openWorld(family)));
  afterAll(() => lab[Symbol.asyncDispose]());

  const serve = (behaviour: Behaviour) =>
    startProbeServer(behaviour, { address: TARGET, enter: (action) => lab.world.enter(action) });

  /** The outcomes of all kinds of probes at an address. */
  const outcomesAt = (address: string, mark: number, port?: number) =>
    outcomesOf(
      lab.router,
      targetsAt(address, port).map((settings) => ({ settings, mark })),
    );

  /** The same outcome of each kind of probe. */
  const each = (outcome: object): object[] => targetsAt(TARGET).map(() => outcome);

  const TIMED_OUT = failure("timeout", `timeout after ${TIMEOUT}ms`);
  const REFUSED = failure("refused", "connection refused");
  const BLOCKED = failure("blocked", "blocked by a route or firewall of this machine");
  const reported = (text: string, by: string) => failure("unreachable", `${text}, reported by ${by}`);

  /** Answers each DNS question with this code. */
  const answering = (rcode: number) => (question: Buffer) => {
    const message = Buffer.from(question);
    message[2]! |= 0x80;
    message[3] = rcode;
    return [message];
  };

  describe("a target that answers", () => {
    test("echo requests", async () => {
      const settings = { kind: "icmp", address: TARGET, timeout: TIMEOUT } as const;
      const outcomes = await outcomesOf(lab.router, [{ settings, mark: MARK.first }]);
      expect(outcomes).toEqual([{ kind: "success", detail: "echo reply" }]);
    });

    test("at a TCP port, however the connection goes on", async () => {
      const behaviours: Behaviour[] = [hang, (socket) => void socket.end(), (socket) => void socket.resetAndDestroy()];
      for (const behaviour of behaviours) {
        await using server = await serve(behaviour);
        const settings = { kind: "tcp", address: TARGET, port: server.port, timeout: TIMEOUT } as const;
        const outcomes = await outcomesOf(lab.router, [{ settings, mark: MARK.first }]);
        expect(outcomes).toEqual([{ kind: "success", detail: "connected" }]);
      }
    });

    test.each([
      [0, "NOERROR"],
      [2, "SERVFAIL"],
      [3, "NXDOMAIN"],
      [5, "REFUSED"],
      [9, "RCODE 9"],
    ])("a DNS question, also with response code %d", async (rcode, name) => {
      const { port } = await serveUdp(lab.world, TARGET, answering(rcode));
      const settings = { kind: "dns", address: TARGET, port, timeout: TIMEOUT } as const;
      const outcomes = await outcomesOf(lab.router, [{ settings, mark: MARK.first }]);
      expect(outcomes).toEqual([{ kind: "success", detail: `answer ${name}` }]);
    });

    test("a GET, which has the path, the query and the host of the URL", async () => {
      await using server = await serve(answer(204));
      const settings = {
        kind: "url",
        url: `http://${hostInUrl(TARGET)}:${server.port}/a?b=c`,
        timeout: TIMEOUT,
      } as const;
      expect(await outcomesOf(lab.router, [{ settings, mark: MARK.first }])).toEqual([success(204)]);
      const [line, ...fields] = server.visits[0]!.request.trimEnd().toLowerCase().split("\r\n");
      expect(line).toBe("get /a?b=c http/1.1");
      expect(fields).toContain(`host: ${hostInUrl(TARGET)}:${server.port}`);
      expect(fields).toContain("connection: close");
    });
  });

  describe("a target that does not answer", () => {
    test("is a timeout for each prober", async () => {
      expect(await outcomesAt(SILENT, MARK.first)).toEqual(each(TIMED_OUT));
    });

    test("is a closed port for each prober that has one", async () => {
      const [, ...outcomes] = await outcomesAt(TARGET, MARK.first);
      const [tcp, dns, http, https] = outcomes;
      expect([tcp, http, https]).toEqual([REFUSED, REFUSED, REFUSED]);
      expect(dns).toEqual(failure("refused", `port unreachable, reported by ${TARGET}`));
    });

    test("is an unreachable host, with the address of the router that reports it", async () => {
      const outcomes = await outcomesAt(UNREACHABLE, MARK.second);
      expect(outcomes).toEqual(each(reported("host unreachable", near(2, 2))));
    });

    test("is a prohibited host, with the address of the router that reports it", async () => {
      const outcomes = await outcomesAt(PROHIBITED, MARK.first);
      expect(outcomes).toEqual(each(reported("administratively prohibited", near(1, 2))));
    });

    test("is a connection that hangs or that a server resets", async () => {
      await using hanging = await serve(hang);
      await using resetting = await serve((socket) => void socket.once("data", () => socket.resetAndDestroy()));
      const [, , , ...hung] = await outcomesAt(TARGET, MARK.first, hanging.port);
      expect(hung).toEqual([TIMED_OUT, TIMED_OUT]);
      const [, , , ...reset] = await outcomesAt(TARGET, MARK.first, resetting.port);
      expect(reset).toEqual(Array(2).fill(failure("reset", "connection reset or closed")));
    });

    test("is a server that answers too slowly", async () => {
      const slow = onRequest((socket) => void setTimeout(() => socket.end("HTTP/1.1 200 OK\r\n\r\n"), 2 * TIMEOUT));
      await using server = await serve(slow);
      const outcomes = await outcomesAt(TARGET, MARK.first, server.port);
      expect(outcomes[3]).toEqual(TIMED_OUT);
    });

    test.each<[string, (question: Buffer) => Buffer[]]>([
      ["random bytes", () => [Buffer.alloc(100, 0xff)]],
      ["an empty datagram", () => [Buffer.alloc(0)]],
      ["the question itself", (question) => [Buffer.from(question)]],
      ["an answer with another id", (question) => answering(0)(Buffer.concat([Buffer.of(1, 2), question.subarray(2)]))],
    ])("is a DNS server that sends %s", async (_, packets) => {
      const { port } = await serveUdp(lab.world, TARGET, packets);
      const settings = { kind: "dns", address: TARGET, port, timeout: TIMEOUT } as const;
      const detail = `other packets than an answer arrived within ${TIMEOUT}ms`;
      expect(await outcomesOf(lab.router, [{ settings, mark: MARK.first }])).toEqual([failure("malformed", detail)]);
    });

    test("is not hidden by wrong packets before the DNS answer", async () => {
      const packets = (question: Buffer) => [Buffer.alloc(3), ...answering(0)(question)];
      const { port } = await serveUdp(lab.world, TARGET, packets);
      const settings = { kind: "dns", address: TARGET, port, timeout: TIMEOUT } as const;
      expect(await outcomesOf(lab.router, [{ settings, mark: MARK.first }])).toMatchObject([{ kind: "success" }]);
    });
  });

  describe("the path of a probe", () => {
    test("is chosen by its mark for all packets of each prober", async () => {
      await using server = await serve(answer(200));
      const dns = await serveUdp(lab.world, TARGET, answering(0));
      const [icmp, tcp, question, url] = targetsAt(TARGET, server.port) as [
        ThroughSettings,
        ThroughSettings,
        DnsTarget,
        ThroughSettings,
      ];
      const settings = [icmp, tcp, { ...question, port: dns.port }, url];
      for (const [mark, from] of [[MARK.first, near(1, 1)] as const, [MARK.second, near(2, 1)] as const]) {
        const before = server.visits.length;
        const outcomes = await outcomesOf(
          lab.router,
          settings.map((each) => ({ settings: each, mark })),
        );
        expect(outcomes).toMatchObject(settings.map(() => ({ kind: "success" })));
        const sources = server.visits.slice(before).map((visit) => visit.from);
        expect(new Set(sources.filter((source) => source !== undefined))).toEqual(new Set([from])); // unknown after a reset
        expect(dns.peers.at(-1)).toBe(from);
      }
    });

    test("leads through one gateway only, also where the other one could deliver the packets", async () => {
      const [icmp] = await outcomesAt(FIRST_ONLY, MARK.first);
      expect(icmp).toEqual({ kind: "success", detail: "echo reply" });
      expect(await outcomesAt(FIRST_ONLY, MARK.second)).toEqual(each(reported("host unreachable", near(2, 2))));
    });

    test.each<[string, number, object]>([
      ["a prohibit route", MARK.prohibit, BLOCKED],
      ["a blackhole route", MARK.blackhole, BLOCKED],
      ["an unreachable route", MARK.unreachable, failure("unreachable", "unreachable")],
      ["no route", MARK.noRoute, failure("unreachable", "unreachable")],
      ["a gateway that does not answer", MARK.noArp, reported("host unreachable", "this machine")],
    ])("may end on this machine: at %s", async (_, mark, outcome) => {
      expect(await outcomesAt(TARGET, mark)).toEqual(each(outcome));
    });
  });

  describe("a process that probes through gateways", () => {
    test("asks once more when it did not run while the answer arrived", async () => {
      await using server = await serve(answer(200));
      const jobs = targetsAt(TARGET, server.port)
        .slice(0, 4)
        .filter(({ kind }) => kind !== "dns")
        .map((settings) => ({ settings: { ...settings, timeout: 100 }, mark: MARK.first, stall: 700 }));
      const outcomes = await outcomesOf(lab.router, jobs);
      expect(outcomes.map((outcome) => (outcome as { kind: string }).kind)).toEqual(["success", "success", "success"]);
    });

    test("reports the ICMP error of each probe, and not that of an earlier one", async () => {
      const targets = [
        [TARGET, MARK.first] as const,
        [UNREACHABLE, MARK.second] as const,
        [PROHIBITED, MARK.first] as const,
      ];
      const jobs = targets.map(([address, mark]) => ({ settings: targetsAt(address)[2]!, mark }));
      expect(await outcomesOf(lab.router, jobs)).toEqual([
        failure("refused", `port unreachable, reported by ${TARGET}`),
        reported("host unreachable", near(2, 2)),
        reported("administratively prohibited", near(1, 2)),
      ]);
    });

    test("reports a lack of descriptors as exhausted", async () => {
      const jobs = targetsAt(SILENT).map((settings) => ({ settings, mark: MARK.first, times: 100 }));
      const { results } = await inChild(
        lab.router,
        { kinds: ["icmp"], jobs: jobs.map(inFamily) },
        { setUp: "ulimit -n 60" },
      );
      for (const ofKind of results) {
        const codes = new Set(ofKind.map((result) => result.kind === "failure" && result.code));
        expect([...codes].sort()).toEqual(["exhausted", "timeout"]);
        const exhausted = ofKind.find((result) => result.kind === "failure" && result.code === "exhausted");
        expect(exhausted!.detail).toBe("this machine has no socket, port or memory left");
      }
    });

    test("leaves no descriptor and no connection in TIME_WAIT after hundreds of probes of every outcome", async () => {
      await using healthy = await serve(say(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(100_000)}`));
      await using garbage = await serve((socket) => void socket.once("data", () => socket.write("SSH-2.0\r\n")));
      await using hanging = await serve(hang);
      await using resetting = await serve((socket) => void socket.resetAndDestroy());
      const dns = await serveUdp(lab.world, TARGET, answering(0));
      const ports = [7, healthy.port, garbage.port, hanging.port, resetting.port, dns.port];
      const settings = [
        ...ports.flatMap((port) => targetsAt(TARGET, port)),
        ...targetsAt(TARGET, healthy.port)
          .slice(3, 4)
          .map((each) => ({ ...each, text: "needle" })),
        ...[SILENT, UNREACHABLE, PROHIBITED].flatMap((address) => targetsAt(address)),
      ];
      const marked = settings.map((each) => ({ settings: each, mark: MARK.first as number, times: 20 }));
      const unroutable = [MARK.prohibit, MARK.noRoute, MARK.noArp].flatMap((mark) =>
        targetsAt(TARGET).map((each) => ({ settings: each, mark, times: 20 })),
      );
      const report = await inChild(lab.router, {
        kinds: ["icmp", "tcp", "udp"],
        jobs: [...marked, ...unroutable].map(inFamily),
      });
      expect(report.results.flat().length).toBeGreaterThan(1000);
      const codes = new Set<string>(report.results.flat().map((it) => (it.kind === "failure" ? it.code : "success")));
      expect([...codes].sort()).toEqual(
        ["blocked", "content", "malformed", "refused", "reset", "success", "timeout", "tls", "unreachable"].sort(),
      );
      expect({ descriptors: report.moreDescriptors, timeWait: report.timeWait }).toEqual({
        descriptors: 0,
        timeWait: 0,
      });
    });
  });
});
