import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { type DocumentKind, documentKinds, isDocumentKind } from "../src/document.ts";
import { jsonSchemaOf } from "../src/reference/json-schema.ts";

/**
 * Another program's judgement of documents by our JSON Schemas: ajv in its strict mode, which takes
 * no keyword that it does not know and no pattern without a type.
 */
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });

const validators = new Map<DocumentKind, ValidateFunction>(
  documentKinds.filter(isDocumentKind).map((kind) => [kind, ajv.compile(jsonSchemaOf(kind))]),
);

/** What the JSON Schema of a kind has against a value; null where it takes it. */
export function schemaFaults(kind: DocumentKind, value: unknown): string | null {
  const validate = validators.get(kind);
  if (validate === undefined) throw new TypeError(`no schema of ${kind}`);
  return validate(value) ? null : ajv.errorsText(validate.errors);
}

/** What a part of a JSON Schema has against a value; null where it takes it. */
export function partFaults(schema: object, value: unknown): string | null {
  return ajv.validate(schema, value) ? null : ajv.errorsText(ajv.errors);
}
