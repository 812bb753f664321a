import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** The status page as one document, and the hashes by which its Content-Security-Policy allows its style and script. */
export interface Bundle {
  readonly html: string;
  readonly styleHash: string;
  readonly scriptHash: string;
}

/** The style sheets, in the order of their rules: later ones override earlier ones. */
const STYLES = [
  "base",
  "frame",
  "columns",
  "verdict",
  "traffic",
  "flows",
  "pools",
  "gateways",
  "extra-columns",
  "probers",
  "chart",
  "cards",
  "dense",
  "side",
  "log",
  "print",
];

/**
 * Assembles the page: page.html with the style sheets and the bundled scripts in it. It runs as a macro while the
 * executable is built, so that the executable has only the result.
 *
 * @throws if a script cannot be built
 */
export function bundlePage(): Bundle {
  const style = STYLES.map((name) => read(`style/${name}.css`))
    .join("")
    .trim();
  const script = buildScript();
  const html = read("page.html")
    .replace(/(<style>)[^]*?(<\/style>)/, (_, open: string, close: string) => open + style + close)
    .replace(/(<script>)[^]*?(<\/script>)/, (_, open: string, close: string) => open + script + close);
  return { html, styleHash: hashOf(style), scriptHash: hashOf(script) };
}

function read(name: string): string {
  return readFileSync(`${import.meta.dir}/${name}`, "utf8");
}

/** Bundles in a separate process: inside a macro, the bundler would wait for itself. */
function buildScript(): string {
  const entry = `${import.meta.dir}/client/main.ts`;
  const command = [process.execPath, "build", entry, "--minify", "--target=browser", "--format=iife"];
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { env: { PATH: process.env["PATH"] } });
  if (exitCode !== 0) throw new Error(`cannot build the script of the status page: ${stderr}`);
  const script = stdout.toString().trim();
  if (/<\/script|<!--/i.test(script))
    throw new Error("the script of the status page contains </script> or <!--, which would end its element");
  return script;
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
