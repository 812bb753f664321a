import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

/**
 * Checks of answers against the schemas of a description. Properties that are not in the schema are errors here, although
 * clients should ignore them: so every field has to be described.
 *
 * @returns for each schema a function that lists the errors of a value
 */
export function schemaChecks(document: object) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (formats as unknown as (ajv: Ajv2020) => void)(ajv);
  const closed = JSON.parse(JSON.stringify(document), (_, value: unknown) =>
    isObjectSchema(value) ? { ...value, additionalProperties: false } : value,
  ) as object;
  ajv.addSchema(closed, "openapi.json");
  const check = (name: string) => (value: unknown) => {
    const validate = ajv.getSchema(`openapi.json#/components/schemas/${name}`)!;
    validate(value);
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
  };
  return { checkStatus: check("Status"), checkLog: check("LogEntries"), checkEntry: check("LogEntry") };
}

function isObjectSchema(value: unknown): value is object {
  return typeof value === "object" && value !== null && "properties" in value && "required" in value;
}
