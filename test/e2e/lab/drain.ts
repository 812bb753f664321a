/** Services whose gateways are drained by commands: their socket and their file. */
import { existsSync } from "node:fs";
import { CALM, type Lab, openLab } from "./index.ts";

export const socketOf = (lab: Lab): string => lab.ownFiles()["GRM_CONTROL_SOCKET"]!;
/** The file that remembers drained gateways. */
export const fileOf = (lab: Lab): string => lab.ownFiles()["GRM_DRAIN_FILE"]!;

/** A lab with a service whose routes are over all gateways. */
export const openServed = async (gateways = 3) => {
  const lab = await openLab({ gateways });
  const daemon = lab.start(CALM);
  await lab.untilRouted(Array.from({ length: gateways }, (_, index) => index + 1));
  await lab.until("the control socket", () => existsSync(socketOf(lab)), Boolean);
  return { lab, daemon };
};
