/* All changes of the document. Only differences are written, so that focus, selection and screen readers are not disturbed
 * and the browser lays out as little as possible. */

/** The element with this id. Throws if there is none. */
export function find<T extends Element = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`#${id} is missing`);
  return found as Element as T;
}

/** The first element in the parent that matches the selector. Throws if there is none. */
export function within<T extends Element = HTMLElement>(parent: ParentNode, selector: string): T {
  const found = parent.querySelector<T>(selector);
  if (!found) throw new Error(`${selector} is missing`);
  return found;
}

/** The part of this name in a section. Throws if there is none. */
export function part(section: ParentNode, name: string): HTMLElement {
  return within(section, `[data-part="${name}"]`);
}

/** The children of parents by their keys. */
export class Children {
  readonly #of = new WeakMap<Element, Keyed>();

  /** Those of one parent; none at first. */
  in(parent: Element): Keyed {
    const found = this.#of.get(parent) ?? new Map<string, HTMLElement>();
    this.#of.set(parent, found);
    return found;
  }
}

/** Hides a section together with the link to it. */
export function setSectionHidden(id: string, hidden: boolean): void {
  setHidden(find(id), hidden);
  setHidden(within(document, `nav [href="#${id}"]`), hidden);
}

/** A copy of the element in a template. */
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

/** Sets the tone of an element, which has a sign and colours for it. */
export function setTone(element: Element, tone: string): void {
  setAttribute(element, "data-tone", tone);
  setAttribute(within(element, ".sign use"), "href", `#sign-${tone}`);
}

/** Elements by key. */
export type Keyed = Map<string, HTMLElement>;

/** Gives the parent one child for each key, in this order. Only children in the wrong place are moved. */
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
