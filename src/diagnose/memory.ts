import { fine, type Finding, warning } from "./finding.ts";

const MIB = 1024 * 1024;

/**
 * What the service needs in bytes, its executable included: 150 gateways and an open status page, by the table of faults.
 * With less, the kernel drops parts of the executable and reads them again all the time, and may kill the process.
 */
export const LEAST_MEMORY = 40 * MIB;

/** So much keeps the executable in memory as well, in MiB. */
const ADVISED_MIB = 64;

/**
 * @param limit what the service may use by its cgroup, in bytes; undefined where nothing limits it
 * @param total the memory of the machine, in bytes
 */
export function checkMemory(limit: number | undefined, total: number): Finding {
  const topic = "memory";
  const isLimited = limit !== undefined && limit < total;
  const usable = isLimited ? limit : total;
  const text = `${Math.floor(usable / MIB)} MiB ${isLimited ? "may be used" : "in this machine, without a limit"}`;
  if (usable >= LEAST_MEMORY) return fine(topic, text);
  return warning(
    topic,
    `${text}; the service needs ${LEAST_MEMORY / MIB} MiB, its executable included: it may be slow, or be killed`,
    isLimited
      ? `raise the limit to ${ADVISED_MIB} MiB, such as MemoryMax= of the unit, or --memory of the container`
      : `use a machine with more memory: ${ADVISED_MIB} MiB for the service alone`,
  );
}
