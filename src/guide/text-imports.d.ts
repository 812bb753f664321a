/** Pages of the guide, compiled in as text. */
declare module "*.md" {
  const text: string;
  export default text;
}
