import { realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";

import type { PathPart } from "./file-safety.ts";

/** A file and all folders above it, also those above the links that lead to it; empty where it cannot be found. */
export function readPathParts(path: string): PathPart[] {
  try {
    const file = realpathSync(path);
    const folders = new Set([...foldersAbove(file), ...foldersAbove(path)]);
    return [file, ...folders].map(partOf);
  } catch {
    return [];
  }
}

function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === path || folder === "." ? [folder] : [folder, ...foldersAbove(folder)];
}

function partOf(path: string): PathPart {
  const stat = statSync(path);
  return { path, uid: stat.uid, gid: stat.gid, mode: stat.mode & 0o7777, isFolder: stat.isDirectory() };
}
