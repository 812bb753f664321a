import { copyFileSync, mkdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";

import { EXECUTABLE } from "../../test/e2e/lab/index.ts";
import { run } from "../../test/e2e/lab/namespace.ts";
import { dropPages, setReadAhead } from "../../test/e2e/lab/page-cache.ts";
import { temporaryFolder } from "./folder.ts";
import { quantile } from "./statistics.ts";
import type { Table } from "./table.ts";

const STARTS = 5;

/** How an image of a folder is made; those that can be mounted here are started from. */
interface Image {
  readonly name: string;
  readonly make: (folder: string, file: string) => readonly string[];
  readonly mount?: boolean;
  /** Whether it has free space, so that the size of the file counts instead of that of the image. */
  readonly isRoomy?: boolean;
}

const squashfs = (compression: string, block: string): Image => ({
  name: `squashfs, ${compression}, blocks of ${block}`,
  make: (folder, file) => {
    const level = compression === "zstd" ? ["-Xcompression-level", "19"] : [];
    return ["mksquashfs", folder, file, "-comp", compression, ...level, "-b", block, "-noappend", "-quiet"];
  },
  mount: true,
});

/** UBIFS on NAND with pages of 2 KiB and blocks of 128 KiB. */
const ubifs = (compression: string): Image => ({
  name: `UBIFS, ${compression}`,
  make: (folder, file) => {
    return ["mkfs.ubifs", "-r", folder, "-m", "2048", "-e", "126976", "-c", "2000", "-x", compression, "-o", file];
  },
});

const IMAGES: readonly Image[] = [
  { name: "ext4", make: (folder, file) => ["mkfs.ext4", "-q", "-d", folder, file, "160M"], mount: true, isRoomy: true },
  squashfs("zstd", "64K"),
  squashfs("xz", "64K"),
  squashfs("xz", "256K"),
  ...["zstd", "zlib", "lzo"].map(ubifs),
  { name: "JFFS2", make: (folder, file) => ["mkfs.jffs2", "-r", folder, "-e", "128KiB", "-o", file] },
];

/** What the executable takes of flash with the file systems of small routers, and how long it takes to start from them. */
export async function flash(): Promise<Table> {
  const folder = temporaryFolder("flash");
  const content = join(folder, "content");
  mkdirSync(content);
  copyFileSync(EXECUTABLE, join(content, basename(EXECUTABLE)));
  const rows = [];
  for (const { name, make, mount, isRoomy } of IMAGES) {
    const file = join(folder, "image");
    await run(["rm", "-f", file]);
    await run([...make(content, file)]);
    const { size } = statSync(isRoomy ? EXECUTABLE : file);
    const times = mount ? await startTimes(file, join(folder, "mounted")) : undefined;
    rows.push([name, size / 1024 / 1024, ...(times ?? ["-", "-", "-"])]);
  }
  return {
    title:
      `On flash: size, the first run of \`-version\` after a mount and one after it, and how much of the file both have read; medians of ${STARTS}. ` +
      "This machine's disk is faster than flash, and its processor than that of a router",
    columns: [
      { name: "file system" },
      { name: "MiB", digits: 1 },
      { name: "first run", unit: "ms" },
      { name: "next run", unit: "ms" },
      { name: "MiB read", digits: 1 },
    ],
    rows,
  };
}

/** Milliseconds of the first and of the next run after a mount, and MiB of the file that are in memory then. */
async function startTimes(image: string, folder: string): Promise<number[] | undefined> {
  mkdirSync(folder, { recursive: true });
  const all: number[][] = [];
  for (let round = 0; round < STARTS; round += 1) {
    await dropPages(image);
    if (!Bun.spawnSync(["mount", "-o", "loop,ro", image, folder]).success) return undefined; // no loop devices here
    try {
      setReadAhead(folder);
      const file = join(folder, basename(EXECUTABLE));
      const [first, next] = [await timed(file), await timed(file)];
      all.push([first, next, Number(await run(["fincore", "-n", "-b", "-o", "RES", file])) / 1024 / 1024]);
    } finally {
      await run(["umount", "--lazy", folder]);
    }
  }
  return [0, 1, 2].map((column) =>
    quantile(
      all.map((one) => one[column]!),
      0.5,
    ),
  );
}

async function timed(file: string): Promise<number> {
  const before = performance.now();
  await run([file, "-version"]);
  return performance.now() - before;
}
