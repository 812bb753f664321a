import { age } from "../../../status/phrases.ts";
import { setText } from "./elements.ts";

/** A length of time that goes on, and how it is written. */
interface Ticking {
  /** When it was zero, in milliseconds of a clock that never jumps. */
  readonly origin: number;
  readonly write: (seconds: number) => string;
}

const ticking = new Map<Element, Ticking>();

/**
 * Shows how long ago something was and lets it grow by itself.
 *
 * @param ageSeconds how long ago; null shows `none` and nothing grows
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

/** Writes all ages as they are now; those of elements that are gone are forgotten. */
export function tick(): void {
  const now = performance.now();
  for (const [element, { origin, write }] of ticking) {
    if (element.isConnected) setText(element, write((now - origin) / 1000));
    else ticking.delete(element);
  }
}
