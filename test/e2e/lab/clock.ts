/** Another time than that of the machine, for one process. */

/** The environment in which a process reads another time, such as `-5h` from now (libfaketime). */
export function withClock(offset: string): Record<string, string> {
  return { LD_PRELOAD: faketime(), FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

/** The path of libfaketime; scripts/test and scripts/faults install its package. */
export function faketime(): string {
  const [path] = new Bun.Glob("/usr/lib/*/faketime/libfaketime.so.1").scanSync({ absolute: true });
  if (!path) throw new Error("libfaketime is missing: run scripts/test, which installs it");
  return path;
}
