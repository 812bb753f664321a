import { shellWord } from "../text/shell-word.ts";
import { type Finding, warning } from "./finding.ts";

/** A file, or a folder above it. */
export interface PathPart {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  /** As stat(2) has it, with the bits of the type left out. */
  readonly mode: number;
  readonly isFolder: boolean;
}

/** What may be changed by a user other than root and the one that runs the service. */
export interface Exposure {
  readonly detail: string;
  readonly remedy: string;
}

const OTHERS_WRITE = 0o002;
const GROUP_WRITES = 0o020;
const OTHERS_READ = 0o004;
const STICKY = 0o1000;

/**
 * Whether another user can change a file, or replace it by way of a folder above it. In a folder with the sticky bit, such
 * as /tmp, each user replaces only what is their own (inode(7)).
 *
 * @param parts the file and all folders above it
 * @param own the user that runs the service
 */
export function exposureOf(parts: readonly PathPart[], own: number): Exposure | undefined {
  return parts.map((part) => exposureOfPart(part, own)).find((one) => one !== undefined);
}

function exposureOfPart({ path, uid, gid, mode, isFolder }: PathPart, own: number): Exposure | undefined {
  const word = shellWord(path);
  if (uid !== 0 && uid !== own) return { detail: `user ${uid} owns ${path}`, remedy: `chown root ${word}` };
  if (isFolder && (mode & STICKY) !== 0) return undefined;
  if ((mode & OTHERS_WRITE) !== 0) return { detail: `every user may write to ${path}`, remedy: `chmod o-w ${word}` };
  if ((mode & GROUP_WRITES) === 0 || gid === 0) return undefined;
  return { detail: `group ${gid} may write to ${path}`, remedy: `chmod g-w ${word}` };
}

/** The finding about a file that the service runs or obeys, where another user can change it. */
export function checkChangeable(topic: string, path: string, exposure: Exposure | undefined): Finding[] {
  if (exposure === undefined) return [];
  const { detail, remedy } = exposure;
  return [warning(topic, `${detail}, and can thereby change what the service does with ${path}`, remedy)];
}

/** The finding about the file of a secret, where every user can read it. */
export function checkReadable(topic: string, parts: readonly PathPart[]): Finding[] {
  const file = parts.find(({ isFolder }) => !isFolder);
  const isShut = ({ isFolder, mode }: PathPart): boolean => isFolder && (mode & 0o001) === 0;
  if (file === undefined || (file.mode & OTHERS_READ) === 0 || parts.some(isShut)) return [];
  return [warning(topic, `every user can read the secret in ${file.path}`, `chmod o-r ${shellWord(file.path)}`)];
}
