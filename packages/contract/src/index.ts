/**
 * What `@evenkeel/contract` offers to programs elsewhere: documents read from YAML and JSON, within
 * bounds, against their schemas. Modules inside the repository name each other by their paths.
 */

// Reading
export { isOfKind, parseTopology, readDocument, readDocuments } from "./read-document.ts";
export { JSON_LENGTH_MAX, YAML_LENGTH_MAX } from "./limits.ts";

// Kinds and schemas
export {
  type Document,
  type DocumentKind,
  documentKinds,
  type DocumentOf,
  documentSchemas,
  isDocumentKind,
} from "./document.ts";

// JSON Schemas and the reference
export { type JsonSchema, jsonSchemaOf } from "./reference/json-schema.ts";

// Policies and fleets
export type { FleetDocument } from "./fleet.ts";
export { type HostPolicyDocument, hostPolicyOf, type PolicyFields } from "./host-policy.ts";
