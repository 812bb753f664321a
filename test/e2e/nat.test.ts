/** What happens to open connections when their gateway leaves, with the usual kinds of NAT. The guide names the results. */
import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";

import { addressOf, CALM, IP, type Lab, openLab, refusing } from "./lab/index.ts";
import { addNamespaces, type Namespace } from "./lab/namespace.ts";

setDefaultTimeout(60_000);

const SERVER = "8.8.8.8";
const PORT = 7000;

/** The router's address in front of a gateway. */
const sourceOf = (gateway: number): string => `10.77.1.${gateway}`;

async function addNat(space: Namespace, ...statements: readonly string[]): Promise<void> {
  const chain = `chain post { type nat hook postrouting priority srcnat; ${statements.join("; ")}; };`;
  expect(await Bun.spawn([IP, "netns", "exec", space.name, "nft", `table ip n { ${chain} }`]).exited).toBe(0);
}

/**
 * Two gateways, each behind an interface of the router of its own, and one server behind both. A gateway translates
 * addresses itself, or, as the router of a provider, drops packets with a source that is not its customer's (BCP 38).
 */
async function openNatLab(translates: boolean): Promise<{ lab: Lab; server: Namespace }> {
  const lab = await openLab({ gateways: 2 });
  const { server } = await addNamespaces(lab.name, ["server"]);
  await server.batch(["link set lo up", `address add ${SERVER}/32 dev lo`]);
  server.tune({ "ipv4/conf/all/rp_filter": 0 });
  for (const number of [1, 2]) {
    const gateway = lab.gatewaySpace(number);
    const address = await lab.giveLink(number);
    await lab.router.batch([
      `address delete ${address.join(" ")}`,
      `address add ${sourceOf(number)}/32 peer ${addressOf(number)}/32 dev own${number}`,
    ]);
    await gateway.batch([
      "route delete local 8.0.0.0/8 dev lo",
      `route add ${sourceOf(number)}/32 dev eth0`,
      `route add 10.66.0.0/24 via ${sourceOf(number)}`,
      `link add out type veth peer name in${number} netns ${server.name}`,
      `address add 198.18.${number}.2/24 dev out`,
      "link set out up",
    ]);
    await server.batch([
      `address add 198.18.${number}.1/24 dev in${number}`,
      `link set in${number} up`,
      `route add ${sourceOf(number)}/32 via 198.18.${number}.2`,
    ]);
    await gateway.batch([`route add ${SERVER}/32 via 198.18.${number}.1`]);
    gateway.tune({ "ipv4/ip_forward": 1, "ipv4/conf/all/rp_filter": 0, "ipv4/conf/eth0/rp_filter": 0 });
    if (translates) await addNat(gateway, 'oifname "out" masquerade');
    else {
      const filter = `chain f { type filter hook forward priority filter; iifname "eth0" ip saddr != ${sourceOf(number)} drop; };`;
      expect(await Bun.spawn([IP, "netns", "exec", gateway.name, "nft", `table ip f { ${filter} }`]).exited).toBe(0);
    }
  }
  return { lab, server };
}

/** A server that answers each message with the address from which it came. */
async function serve(server: Namespace): Promise<void> {
  const tcp = server.enter(() =>
    Bun.listen({
      hostname: SERVER,
      port: PORT,
      socket: { data: (socket) => void socket.write(`${socket.remoteAddress} `) },
    }),
  );
  const udp = await server.enter(() =>
    Bun.udpSocket({
      hostname: SERVER,
      port: PORT,
      socket: { data: (socket, _, port, from) => void socket.send(`${from} `, port, from) },
    }),
  );
  onTestFinished(() => {
    tcp.stop(true);
    udp.close();
  });
}

/** A connection of the client. */
interface Connection {
  send(): void;
  /** What the server has answered: the source that it knows the client by, once for each message. */
  readonly answers: string[];
  closed: boolean;
}

async function connectTcp(client: Namespace): Promise<Connection> {
  const state = { answers: [] as string[], closed: false };
  const socket = await client.enter(() =>
    Bun.connect({
      hostname: SERVER,
      port: PORT,
      socket: {
        data: (_, data) => void state.answers.push(...data.toString().trim().split(" ")),
        close: () => void (state.closed = true),
        error() {},
      },
    }),
  );
  onTestFinished(() => socket.terminate());
  return Object.assign(state, { send: () => void socket.write("?") });
}

async function connectUdp(client: Namespace): Promise<Connection> {
  const state = { answers: [] as string[], closed: false };
  const data = (_: unknown, text: Uint8Array): void => void state.answers.push(Buffer.from(text).toString().trim());
  const socket = await client.enter(() => Bun.udpSocket({ hostname: "0.0.0.0", socket: { data, error() {} } }));
  onTestFinished(() => socket.close());
  return Object.assign(state, { send: () => void socket.send("?", PORT, SERVER) });
}

/** So many of each kind: that all of them use one gateway has a chance of one in 30,000. */
const CONNECTIONS = 16;

const DATAGRAMS = 10;

/** Lets the first gateway leave while connections are open; what happens then to those that used it, and to the others. */
async function loseGateway(lab: Lab, server: Namespace) {
  const daemon = lab.start(CALM);
  await daemon.untilReady();
  await lab.untilRouted([1, 2]);
  await serve(server);
  const open = (connect: typeof connectTcp): Promise<Connection[]> =>
    Promise.all(Array.from({ length: CONNECTIONS }, () => connect(lab.client)));
  const [tcp, udp] = [await open(connectTcp), await open(connectUdp)];
  for (const one of [...tcp, ...udp]) one.send();
  const answered = ({ answers }: Connection): boolean => answers.length === 1;
  await lab.until("an answer on each connection", () => [...tcp, ...udp].every(answered), Boolean);
  const [lost] = [...new Set(tcp.flatMap(({ answers }) => answers))].sort(); // the sources of the first gateway are lower
  const ofGateway = (connections: readonly Connection[], isLost: boolean): Connection[] =>
    connections.filter(({ answers }) => (answers[0] === lost) === isLost);
  const groups = { tcp: ofGateway(tcp, true), udp: ofGateway(udp, true), others: ofGateway([...tcp, ...udp], false) };
  lab.gateway(1).becomes(refusing);
  await lab.untilRouted([2]);
  for (const one of groups.others) one.answers.length = 0;
  return {
    ...groups,
    /** Sends on all connections, several datagrams on those of UDP. */
    async use(): Promise<void> {
      for (const one of [...groups.tcp, ...groups.others]) one.send();
      for (let time = 0; time < DATAGRAMS; time++) {
        for (const one of groups.udp) one.send();
        await Bun.sleep(100);
      }
      await Bun.sleep(1500); // TCP repeats a packet after 0.2 s, 0.4 s, ...
    },
  };
}

/** Connections over the gateway that stays are not affected, whatever translates addresses. */
function expectCalm(others: readonly Connection[]): void {
  expect(others.map(({ answers, closed }) => [answers.length, closed])).toEqual(others.map(() => [1, false]));
}

/** How many answers those of UDP have got since the gateway left. */
const answersSince = (connections: readonly Connection[]): number[] =>
  connections.map(({ answers }) => answers.length - 1);

test("with gateways that translate addresses, TCP is reset at its next packet, and UDP continues from another address", async () => {
  const { lab, server } = await openNatLab(true);
  const { tcp, udp, others, use } = await loseGateway(lab, server);
  await use();
  expectCalm(others);
  expect(tcp.map(({ closed }) => closed)).toEqual(tcp.map(() => true));
  expect(answersSince(udp)).toEqual(udp.map(() => DATAGRAMS));
  for (const { answers } of udp) expect(answers.at(-1)).not.toBe(answers[0]!);
});

test("with masquerade on the router, TCP is reset at its next packet, and UDP continues after one lost packet", async () => {
  const { lab, server } = await openNatLab(false);
  await addNat(lab.router, 'oifname "own*" masquerade');
  const { tcp, udp, others, use } = await loseGateway(lab, server);
  await use();
  expectCalm(others);
  expect(tcp.map(({ closed }) => closed)).toEqual(tcp.map(() => true));
  expect(answersSince(udp)).toEqual(udp.map(() => DATAGRAMS - 1));
});

test("with snat on the router, connections hang until their entries are deleted with conntrack", async () => {
  const { lab, server } = await openNatLab(false);
  await addNat(lab.router, ...[1, 2].map((number) => `oifname "own${number}" snat to ${sourceOf(number)}`));
  const { tcp, udp, others, use } = await loseGateway(lab, server);
  await use();
  expectCalm(others);
  expect(tcp.map(({ closed }) => closed)).toEqual(tcp.map(() => false));
  expect(answersSince([...tcp, ...udp])).toEqual([...tcp, ...udp].map(() => 0));
  const deleting = ["conntrack", "-D", "-q", sourceOf(1)];
  const { exited } = Bun.spawn([IP, "netns", "exec", lab.router.name, ...deleting], {
    stdout: "ignore",
    stderr: "ignore",
  });
  expect(await exited).toBe(0);
  await use();
  expect(tcp.map(({ closed }) => closed)).toEqual(tcp.map(() => true));
  expect(answersSince(udp)).toEqual(udp.map(() => DATAGRAMS));
});
