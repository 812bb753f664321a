/** A failure for people: what failed and, where that is known, what to do about it. */
export function failureText({
  detail,
  remedy,
}: {
  readonly detail: string;
  readonly remedy?: string | undefined;
}): string {
  return remedy === undefined ? detail : `${detail}; ${remedy}`;
}
