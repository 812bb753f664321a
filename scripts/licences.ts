/**
 * Prints the licences of everything that is inside an executable: Bun, and each package that the source map names.
 *
 *     bun scripts/licences.ts dist/linux-x64/gateway-route-manager.map
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [map] = process.argv.slice(2);
if (map === undefined) throw new Error("say which source map to read");

const RULE = "=".repeat(78);

const BUN = `${RULE}
Bun ${Bun.version}, MIT licence, https://github.com/oven-sh/bun

The executable holds Bun's runtime. That links statically, among others: JavaScriptCore and parts of WebKit (LGPL 2; the
source, as Bun changed it, is at https://github.com/oven-sh/WebKit, and how to build Bun with another one in Bun's
LICENSE.md), TinyCC (LGPL 2.1), BoringSSL (ISC, OpenSSL and others), ICU (Unicode licence), mimalloc, brotli, c-ares,
libdeflate, ls-hpack, lsquic and picohttpparser (MIT), zstd, lol-html and libwebp (BSD), zlib-ng (zlib), libarchive (BSD
and others), simdutf, uSockets and uWebSockets (Apache 2.0). The full list with all texts is kept by Bun at
https://github.com/oven-sh/bun/blob/bun-v${Bun.version}/LICENSE.md
`;

/** Folders of the packages that the sources of the map come from. */
function packagesIn(path: string): string[] {
  const { sources } = JSON.parse(readFileSync(path, "utf8")) as { sources: string[] };
  const names = sources.flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []);
  return [...new Set(names)].sort();
}

function licenceOf(name: string): string {
  const folder = join("node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, string>;
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} ${version} has no licence file; find its text`);
  return `${RULE}\n${name} ${version}, ${license}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}

const packages = packagesIn(map);
if (packages.length === 0) throw new Error(`${map} names no package; is it the right file?`);
process.stdout.write([BUN, ...packages.map(licenceOf)].join("\n"));
