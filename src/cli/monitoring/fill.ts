/**
 * A template with values in place of its placeholders, such as `@TIMEOUT@`. A placeholder that is all of a JSON string loses
 * its quotes, so that a template with numbers to fill in is JSON itself.
 *
 * @throws if the template lacks one of the placeholders, or has one without a value
 */
export function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  const unused = new Set(Object.keys(values));
  const filled = template.replaceAll(/"@([A-Z_]+)@"|@([A-Z_]+)@/g, (_, quoted?: string, bare?: string) => {
    const name = (quoted ?? bare)!;
    if (!Object.hasOwn(values, name)) throw new Error(`the template has a placeholder without a value: @${name}@`);
    unused.delete(name);
    return String(values[name]);
  });
  if (unused.size > 0) throw new Error(`the template lacks the placeholders ${[...unused].join(", ")}`);
  return filled;
}
