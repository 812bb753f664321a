/** A release of iproute2, and what its `ip` can do. */
export interface IpRelease {
  /** As `ip -V` names it: `6.1.0`, or `ss191125` for a snapshot of the years before 5.7. */
  readonly name: string;
  /** Whether it does all that is needed; last came valid JSON of multipath routes, in 5.4 (November 2019). */
  readonly usable: boolean;
  /** Most words of a batch line: one less than the array in lib/utils.c, which has 512 elements since 5.14, 100 before. */
  readonly mostWords: number;
}

/**
 * Reads the output of `ip -V`.
 *
 * @returns undefined when it is not the `ip` of iproute2
 */
export function readIpRelease(text: string): IpRelease | undefined {
  const [, name, snapshot, major, minor] = /^ip utility, iproute2-(ss(\d{6})|(\d+)\.(\d+)[\w.-]*)/.exec(text) ?? [];
  if (name === undefined) return undefined;
  if (snapshot !== undefined) return { name, usable: snapshot >= "191125", mostWords: 99 };
  const release = Number(major) * 1000 + Number(minor);
  return { name, usable: release >= 5004, mostWords: release >= 5014 ? 511 : 99 };
}
