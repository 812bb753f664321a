import { age } from "../../../status/phrases.ts";
import { setText } from "./elements.ts";

/** A duration that grows, and how it is written. */
interface Ticking {
  /** When it was zero, in milliseconds of a monotonic clock. */
  readonly origin: number;
  readonly write: (seconds: number) => string;
}

const ticking = new Map<Element, Ticking>();

/** When the newest data arrived; ages in it are those of then. */
let arrived = performance.now();

/** Whether ages stand still at that moment, since nothing is known of the time after it. */
let frozen = false;

/** New data has arrived: ages that are shown from now on are those of now, and all grow. */
export function dataArrived(): void {
  arrived = performance.now();
  frozen = false;
}

/** All ages are from now on those of the moment in which the newest data arrived. */
export function freezeAges(): void {
  frozen = true;
  tick();
}

/** Shows an age in the newest data, which grows from then on; null shows `none` instead. */
export function showAge(element: Element, ageSeconds: number | null, write: Ticking["write"] = age, none = ""): void {
  if (ageSeconds === null) {
    ticking.delete(element);
    setText(element, none);
    return;
  }
  const one = { origin: arrived - ageSeconds * 1000, write };
  ticking.set(element, one);
  writeAge(element, one);
}

/** Seconds since the newest data arrived. */
export function dataAge(): number {
  return (performance.now() - arrived) / 1000;
}

/** Writes all ages anew, and drops those of removed elements. */
export function tick(): void {
  for (const [element, one] of ticking) {
    if (element.isConnected) writeAge(element, one);
    else ticking.delete(element);
  }
}

function writeAge(element: Element, { origin, write }: Ticking): void {
  setText(element, write(((frozen ? arrived : performance.now()) - origin) / 1000));
}
