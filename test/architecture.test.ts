import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const ROOT = join(import.meta.dir, "..");
const SRC = join(ROOT, "src");

/** Files that touch the world; everything else in src is pure: same input, same output. */
const EFFECTFUL =
  /^(main|cli|reexecute|build)\.ts$|^commands\/|^daemon\/(?!events\.ts$)|^telemetry\/|^api\/(pages|password|refusal|stream)\.ts$|^page\/(bundle|document)\.ts$|^page\/client\/|^status\/(ask|follow|screen)\.ts$|^advice\/(check|dns|explain|intend|look|machine|network|receivers|surroundings)\.ts$|^probe\/http\.ts$|^routing\/(kernel|ip|watch)\.ts$|^hooks\/(courier|hooks|run|webhook)\.ts$|^ddns\/(ddns|dynu|dynu-request|look-ups|providers|public-ip|updater)\.ts$/;

/** Packages that only compute. */
const PURE_PACKAGES = ["fastest-levenshtein", "typebox", "typebox/schema"];

interface Source {
  readonly path: string;
  readonly code: string;
  /** Imported files, relative to src. */
  readonly files: readonly string[];
  readonly packages: readonly string[];
}

const sources: Source[] = (readdirSync(SRC, { recursive: true }) as string[])
  .filter((path) => path.endsWith(".ts"))
  .map((path) => {
    const text = readFileSync(join(SRC, path), "utf8");
    const used = text.replaceAll(/^import type [^;]*? from "(?!\.)[^"]+";$/gm, ""); // types of packages are gone when it runs
    const imports = [...used.matchAll(/\b(?:from|import)\s*\(?\s*"([\w@:./-]+)"/g)].map((match) => match[1]!);
    const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/\/\/.*$/gm, "");
    const files = imports.filter((name) => name.startsWith(".")).map((name) => normalize(join(dirname(path), name)));
    return { path, code, files, packages: imports.filter((name) => !name.startsWith(".")) };
  });

const pure = sources.filter(({ path }) => !EFFECTFUL.test(path));

describe("pure files", () => {
  test("there are some in every folder that has logic", () => {
    const folders = new Set(pure.map(({ path }) => dirname(path)));
    expect([...folders].sort()).toEqual([
      "advice",
      "api",
      "completion",
      "config",
      "daemon",
      "ddns",
      "health",
      "hooks",
      "manual",
      "monitoring",
      "net",
      "page",
      "picture",
      "probe",
      "routing",
      "status",
      "units",
    ]);
  });

  test.each(pure.map((source) => [source.path, source] as const))("%s reaches nothing effectful", (_, source) => {
    expect(source.files.filter((file) => EFFECTFUL.test(file))).toEqual([]);
    expect(source.packages.filter((name) => !PURE_PACKAGES.includes(name))).toEqual([]);
    const effects =
      /\b(Bun|process|performance|Date|fetch|console|setTimeout|setInterval|queueMicrotask|Math\.random)\b(?!")/;
    expect(source.code.match(effects)?.[0]).toBeUndefined();
  });
});

test("no file imports itself by a detour", () => {
  const imports = new Map(sources.map(({ path, files }) => [path, files]));
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" > "));
    else for (const next of imports.get(path) ?? []) visit(next, [...trail, path]);
  };
  for (const { path } of sources) visit(path, []);
  expect(cycles).toEqual([]);
});

test.each([
  ["setInterval", /\bsetInterval\b/, /^$/], // drifts, and piles up what is slower than its period
  ["console", /\bconsole\./, /^$/], // blocks the whole process when its reader stalls
  ["process.exit", /\bprocess\.exit\(/, /^daemon\/lifecycle\.ts$/], // cuts off output; only a forced stop may
  ["execa", /from "execa"/, /^routing\/(ip|watch)\.ts$/],
])("%s is used only where it belongs", (_, pattern, allowed) => {
  const users = sources.filter(({ path, code }) => pattern.test(code) && !allowed.test(path));
  expect(users.map(({ path }) => path)).toEqual([]);
});

test("what is only printed by a command is loaded only then", () => {
  const printed = /^(monitoring|completion|manual)\//;
  const early = sources.filter(({ path, code }) => {
    const imports = [...code.matchAll(/^import (?!type )[^;]*?from "([^"]+)";$/gm)].map((match) => match[1]!);
    return !printed.test(path) && imports.some((name) => printed.test(normalize(join(dirname(path), name))));
  });
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
