/** A port on which no program listens at any address of this machine, so that tests of two checkouts can run at a time. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: "0.0.0.0", port: 0, socket: { data() {} } });
  listener.stop();
  return listener.port;
}
