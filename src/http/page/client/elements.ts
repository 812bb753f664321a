/* The few ways in which this page touches its document. What is as it should be already is left alone: focus, selection
 * and screen readers are not disturbed, and nothing is laid out anew. */

/** The element with this id, which the document has. */
export function find<T extends Element = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`#${id} is missing`);
  return found as Element as T;
}

/** The first element inside that fits the selector, which is there. */
export function within<T extends Element = HTMLElement>(parent: ParentNode, selector: string): T {
  const found = parent.querySelector<T>(selector);
  if (!found) throw new Error(`${selector} is missing`);
  return found;
}

/** A copy of what a template holds. */
export function copyOf(template: string): HTMLElement {
  const { firstElementChild } = find<HTMLTemplateElement>(template).content;
  return firstElementChild!.cloneNode(true) as HTMLElement;
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

export function setHidden(element: HTMLElement, hidden: boolean): void {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/** Shows the sign that goes with a tone, and lets the style sheet colour what is around it. */
export function setTone(element: Element, tone: string): void {
  setAttribute(element, "data-tone", tone);
  setAttribute(within(element, ".sign use"), "href", `#sign-${tone}`);
}

/** Elements by keys. */
export type Keyed = Map<string, HTMLElement>;

/**
 * Makes the parent hold one element for each key, in this order, and moves only what is in the wrong place.
 */
export function keepChildren(
  parent: HTMLElement,
  keys: readonly string[],
  have: Keyed,
  create: (key: string) => HTMLElement,
): void {
  const wanted = new Set(keys);
  for (const [key, element] of have) {
    if (wanted.has(key)) continue;
    element.remove();
    have.delete(key);
  }
  let next = parent.firstElementChild;
  for (const key of keys) {
    const element = have.get(key) ?? create(key);
    have.set(key, element);
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
}
