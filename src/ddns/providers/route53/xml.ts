/** The contents of all elements with this name, which have no attributes and none of the same name inside. */
export function elementsIn(xml: string, name: string): string[] {
  const [open, close] = [`<${name}>`, `</${name}>`];
  const found: string[] = [];
  for (let at = xml.indexOf(open); at >= 0; at = xml.indexOf(open, at)) {
    const start = at + open.length;
    at = xml.indexOf(close, start);
    if (at < 0) break;
    found.push(xml.slice(start, at));
  }
  return found;
}

/** The text of the first element with this name; undefined where there is none. */
export function textIn(xml: string, name: string): string | undefined {
  const [text] = elementsIn(xml, name);
  return text?.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => ENTITIES[entity]!);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
