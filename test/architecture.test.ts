import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const ROOT = join(import.meta.dir, "..");
const SRC = join(ROOT, "src");

/**
 * The rooms of src from the lowest to the highest: a file imports from its own room and from lower ones. Listed with each
 * are the files that have effects (time, network, processes, files, the terminal); all others are pure: the same input
 * gives the same output.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  "build.ts": ["build.ts"],
  net: [],
  text: [],
  time: ["clock.ts", "coalesced-timers.ts", "deadline.ts", "rate-limited-cache.ts", "throttle.ts"],
  fetch: ["by-address.ts", "by-zone.ts", "node-http.ts", "retry-after.ts"],
  probe: [
    "http.ts",
    "probers.ts",
    "socket/converse.ts",
    "socket/libc.ts",
    "socket/marked-socket.ts",
    "through/attempt.ts",
    "through/dns.ts",
    "through/get.ts",
    "through/host-addresses.ts",
    "through/icmp.ts",
    "through/request.ts",
    "through/tcp.ts",
    "through/url.ts",
  ],
  pool: ["common-cause.ts", "link-faults.ts", "pool.ts", "schedule.ts"],
  routing: [
    "diversion-watch.ts",
    "drift.ts",
    "joint-kernel.ts",
    "kernel-events.ts",
    "nexthop-trials.ts",
    "reconciler.ts",
    "iproute2/abilities.ts",
    "iproute2/inspect.ts",
    "iproute2/kernel.ts",
    "iproute2/lookups.ts",
    "iproute2/monitor.ts",
    "iproute2/run.ts",
  ],
  ddns: [
    "create-provider.ts",
    "ddns.ts",
    "dns/exchange.ts",
    "dns/send-dns.ts",
    "dns/tsig.ts",
    "look-up-schedule.ts",
    "look-up.ts",
    "public-address-probe.ts",
    "shared-look-ups.ts",
    "sign-aws.ts",
    "update.ts",
    "updater.ts",
    "verify/ask-servers.ts",
    "verify/verifier.ts",
  ],
  exit: ["ask.ts", "exit-check.ts", "gateway-questions.ts", "own-exit.ts"],
  events: ["bus.ts"],
  config: [],
  log: ["async-stdout.ts", "journal.ts", "log.ts"],
  metrics: ["*"],
  status: [],
  hooks: ["command.ts", "delivery.ts", "hooks.ts", "webhook.ts"],
  http: [
    "api.ts",
    "auth.ts",
    "connection.ts",
    "guards.ts",
    "health-client.ts",
    "listener.ts",
    "not-found.ts",
    "password-throttle.ts",
    "readyz.ts",
    "rejections.ts",
    "response-bytes.ts",
    "responses.ts",
    "server.ts",
    "sse.ts",
    "page/bundle.ts",
    "page/client/*",
    "page/document.ts",
  ],
  control: ["client.ts", "connection.ts", "server.ts", "socket-file.ts"],
  service: ["*"],
  diagnose: [
    "ask-exits.ts",
    "check-beyond.ts",
    "check-family.ts",
    "check-kernel.ts",
    "check-through.ts",
    "check.ts",
    "dns.ts",
    "drained.ts",
    "explain-name.ts",
    "explain.ts",
    "hook-targets.ts",
    "host-facts.ts",
    "ipv6-host-facts.ts",
    "look-up-host.ts",
    "memory-limit.ts",
    "own-files.ts",
    "plan-names.ts",
    "plan.ts",
    "pool-kernel.ts",
    "probe-gateways.ts",
    "probe-paths.ts",
    "probe-through.ts",
    "read-path.ts",
    "start-checks.ts",
    "try-port.ts",
  ],
  guide: [],
  cli: ["commands/*", "help/pager.ts", "status-view/client.ts", "status-view/stream.ts", "status-view/terminal.ts"],
  "cli.ts": ["cli.ts"],
  "closed-stdout.ts": ["closed-stdout.ts"],
  "reexecute.ts": ["reexecute.ts"],
  "main.ts": ["main.ts"],
};

const ORDER = Object.keys(ROOMS);
const roomOf = (path: string): string => path.split("/")[0]!;

/** Whether a file has effects, by the table. */
function hasEffects(path: string): boolean {
  const within = path.slice(roomOf(path).length + 1) || path;
  return (ROOMS[roomOf(path)] ?? []).some((name) =>
    name.endsWith("*") ? within.startsWith(name.slice(0, -1)) : within === name,
  );
}

/** Packages without effects. */
const PURE_PACKAGES = ["fastest-levenshtein", "smol-toml", "typebox", "typebox/schema"];

interface Source {
  readonly path: string;
  /** Without comments and imports. */
  readonly code: string;
  /** Imported files, relative to src, for their types alone or not. */
  readonly files: readonly string[];
  /** Those of them that are loaded with it or by it, so not for their types alone. */
  readonly loaded: readonly string[];
  /** Those of them that are loaded with it. */
  readonly loadedAtOnce: readonly string[];
  readonly packages: readonly string[];
}

const IMPORT = /\b(?:from|import)\s*\(?\s*"([\w@:./-]+)"/g;

const sources: Source[] = (readdirSync(SRC, { recursive: true }) as string[])
  .filter((path) => path.endsWith(".ts"))
  .map((path) => {
    const text = readFileSync(join(SRC, path), "utf8");
    const importsOf = (code: string): string[] => [...code.matchAll(IMPORT)].map((match) => match[1]!);
    const filesOf = (imports: readonly string[]): string[] =>
      imports.filter((name) => name.startsWith(".")).map((name) => normalize(join(dirname(path), name)));
    const atRunTime = importsOf(text.replaceAll(/^import type [^;]*?;$/gm, ""));
    return {
      path,
      code: text
        .replaceAll(/\/\*[\s\S]*?\*\//g, "")
        .replaceAll(/\/\/.*$/gm, "")
        .replaceAll(/^import [^;]*? from "[^"]+"(?: with [^;]*)?;$/gm, ""),
      files: filesOf(importsOf(text)),
      loaded: filesOf(atRunTime),
      loadedAtOnce: filesOf(importsOf(text.replaceAll(/^import type [^;]*?;$|\bimport\([^)]*\)/gm, ""))),
      packages: atRunTime.filter((name) => !name.startsWith(".")),
    };
  });

const pure = sources.filter(({ path }) => !hasEffects(path));

test("every file of src is in a room of the table, and every file that the table names exists", () => {
  expect(sources.map(({ path }) => roomOf(path)).filter((room) => !ORDER.includes(room))).toEqual([]);
  const named = Object.entries(ROOMS).flatMap(([room, files]) =>
    files.filter((file) => !file.endsWith("*")).map((file) => (file === room ? file : `${room}/${file}`)),
  );
  expect(named.filter((name) => !sources.some(({ path }) => path === name))).toEqual([]);
});

test("no file imports from a higher room", () => {
  const upwards = sources.flatMap(({ path, files }) =>
    files
      .filter((file) => ORDER.indexOf(roomOf(file)) > ORDER.indexOf(roomOf(path)))
      .map((file) => `${path} > ${file}`),
  );
  expect(upwards).toEqual([]);
});

describe("a file without effects", () => {
  test.each(pure.map((source) => [source.path, source] as const))("%s reaches none", (_, source) => {
    expect(source.loaded.filter(hasEffects)).toEqual([]);
    expect(source.packages.filter((name) => !PURE_PACKAGES.includes(name))).toEqual([]);
    // What Bun does with a text alone has no effects.
    const effects =
      /\b(Bun(?!\.(?:markdown|wrapAnsi)\b)|process|performance|Date|fetch|console|setTimeout|setInterval|queueMicrotask|Math\.random)\b(?!")/;
    expect(source.code.match(effects)?.[0]).toBeUndefined();
  });
});

test("no file imports itself by a detour", () => {
  const imports = new Map(sources.map(({ path, files }) => [path, files]));
  const cycles: string[] = [];
  const visited = new Set<string>(); // there are far more paths than files
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" > "));
    if (visited.has(path)) return;
    visited.add(path);
    for (const next of imports.get(path) ?? []) visit(next, [...trail, path]);
  };
  for (const { path } of sources) visit(path, []);
  expect(cycles).toEqual([]);
});

test.each([
  ["setInterval", /\bsetInterval\b/, /^$/], // drifts, and piles up what is slower than its period
  ["console", /\bconsole\./, /^$/], // blocks the whole process when its reader stalls
  ["process.exit", /\bprocess\.exit\(/, /^service\/lifecycle\.ts$/], // cuts off output; only a forced stop may
])("%s is used only where it belongs", (_, pattern, allowed) => {
  const users = sources.filter(({ path, code }) => pattern.test(code) && !allowed.test(path));
  expect(users.map(({ path }) => path)).toEqual([]);
});

test("ip is run only inside routing/iproute2", () => {
  const users = sources.filter(({ files }) => files.includes("routing/iproute2/run.ts")).map(({ path }) => path);
  expect(users.filter((path) => !path.startsWith("routing/iproute2/"))).toEqual([]);
});

test("execa is used only where ip is run", () => {
  const users = sources.filter(({ packages }) => packages.includes("execa")).map(({ path }) => path);
  expect(users.sort()).toEqual(["routing/iproute2/monitor.ts", "routing/iproute2/run.ts"]);
});

test("what is only printed by a command is loaded only then", () => {
  const printed = /^(cli\/(monitoring|daemons|completion|manual|help)|guide)\//;
  const early = sources.filter(
    ({ path, loadedAtOnce }) => !printed.test(path) && loadedAtOnce.some((file) => printed.test(file)),
  );
  expect(early.map(({ path }) => path)).toEqual([]);
});

test("the top level holds what was agreed on", () => {
  const agreed = [
    "Dockerfile",
    "LICENSE",
    "README.md",
    "bunfig.toml",
    "package-lock.json",
    "package.json",
    "scripts",
    "src",
    "test",
    "tsconfig.json",
  ];
  const built = ["dist", "node_modules"];
  const found = readdirSync(ROOT).filter((name) => !name.startsWith(".") && !built.includes(name));
  expect(found.filter((name) => !agreed.includes(name))).toEqual([]);
});
