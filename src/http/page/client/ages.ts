import { age } from "../../../status/phrases.ts";
import { setText } from "./elements.ts";

/** A duration that grows, and how it is written. */
interface Ticking {
  /** When it was zero, in milliseconds of a monotonic clock. */
  readonly origin: number;
  readonly write: (seconds: number) => string;
}

const ticking = new Map<Element, Ticking>();

/**
 * Shows an age, which grows from then on.
 *
 * @param ageSeconds the age now; null shows `none` instead
 */
export function showAge(element: Element, ageSeconds: number | null, write: Ticking["write"] = age, none = ""): void {
  if (ageSeconds === null) {
    ticking.delete(element);
    setText(element, none);
    return;
  }
  ticking.set(element, { origin: performance.now() - ageSeconds * 1000, write });
  setText(element, write(ageSeconds));
}

/** Writes all ages anew, and drops those of removed elements. */
export function tick(): void {
  const now = performance.now();
  for (const [element, { origin, write }] of ticking) {
    if (element.isConnected) setText(element, write((now - origin) / 1000));
    else ticking.delete(element);
  }
}
