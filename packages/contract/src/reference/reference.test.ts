import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { resolveRequest } from "@evenkeel/core/request/resolve.ts";
import { expect, test } from "vitest";
import { partFaults } from "../../testing/schema-judge.ts";
import { documentKinds, documentSchemas, isDocumentKind } from "../document.ts";
import { hostPolicyOf } from "../host-policy.ts";
import { readDocument } from "../read-document.ts";
import {
  describedSchema,
  exampleOf,
  itemsOf,
  type JsonSchema,
  jsonSchemaOf,
  objectsIn,
  propertiesOf,
  variantsOf,
} from "./json-schema.ts";
import { type AnyObjectText, isObjectText } from "./text/object-text.ts";
import { documentTexts } from "./texts.ts";

const kinds = documentKinds.filter(isDocumentKind);

/** A field of a JSON Schema, and the path to it. */
interface Field {
  readonly path: string;
  readonly name: string;
  readonly schema: JsonSchema;
}

function fieldsOf(schema: JsonSchema, above: string): readonly Field[] {
  return objectsIn(schema).flatMap((object) =>
    propertiesOf(object).flatMap(([name, field]): readonly Field[] => {
      const path = `${above}.${name}`;
      return [{ path, name, schema: field }, ...fieldsOf(field, path)];
    }),
  );
}

const fields = kinds.flatMap((kind) => fieldsOf(jsonSchemaOf(kind), kind));

test("every field of every document is described", () => {
  expect(fields.length).toBeGreaterThan(500);
  const bare = fields.filter(({ schema }) => !/^[A-Z`].{3,}[.]$/s.test(schema.description ?? ""));
  expect(bare.map(({ path, schema }) => `${path}: ${schema.description}`)).toEqual([]);
});

test("every field with a value of its own has an example that its schema takes", () => {
  const plain = fields.filter(({ schema }) => objectsIn(schema).length === 0);
  const wrong = plain.flatMap(({ path, schema }) => {
    const examples = examplesOf(schema);
    if (examples.length === 0) return [`${path} has no example`];
    const faults = examples.map((example) => partFaults(schema, example));
    return faults.flatMap((fault) => (fault === null ? [] : [`${path}: ${fault}`]));
  });
  expect(wrong).toEqual([]);
});

const examplesOf = ({ examples }: JsonSchema): readonly unknown[] =>
  Array.isArray(examples) ? examples : [];

test.each(kinds)("a %s made of the examples of all its fields is one to the reader", (kind) => {
  const { success, error } = documentSchemas[kind].safeParse(exampleOf(jsonSchemaOf(kind)));
  expect(error?.issues ?? []).toEqual([]);
  expect(success).toBe(true);
});

test("every number has a unit, by its name or by its description", () => {
  const isNumber = (schema: JsonSchema): boolean =>
    [schema.type].flat().some((type) => type === "integer" || type === "number") ||
    [...variantsOf(schema), ...itemsOf(schema)].some(isNumber);
  const unit = /(?: Unit: .+| An? [\w' ]+)\.(?: Left out: .+)?$/;
  const bare = fields.filter(
    ({ schema }) =>
      objectsIn(schema).length === 0 &&
      isNumber(schema) &&
      !/"type":"string"/.test(JSON.stringify(schema)) &&
      !unit.test(schema.description ?? ""),
  );
  expect(bare.map(({ path }) => path)).toEqual([]);
});

/** A text without one field, somewhere in it; one for each field. */
function withoutOne(text: AnyObjectText): readonly AnyObjectText[] {
  return Object.entries(text.fields).flatMap(([name, field]) => {
    const { [name]: _, ...others } = text.fields;
    const [meaning, value] = field;
    const inner = isObjectText(value)
      ? withoutOne(value).map((less) => ({
          ...text,
          fields: { ...text.fields, [name]: [meaning, less] as const },
        }))
      : [];
    return [{ ...text, fields: others }, ...inner];
  });
}

test.each(kinds.filter((kind) => kind !== "Evidence"))(
  "%s: a field without a text is found, whichever it is",
  (kind) => {
    for (const less of withoutOne(documentTexts[kind])) {
      expect(() => describedSchema(documentSchemas[kind], less)).toThrow("says what");
    }
  },
);

test("no text is left of a field that is gone", () => {
  const count = (text: AnyObjectText): readonly string[] =>
    Object.entries(text.fields).flatMap(([name, [, value]]) => [
      `${text.title}.${name}`,
      ...(isObjectText(value) ? count(value) : []),
    ]);
  for (const kind of kinds) {
    const inSchema = new Set<string>();
    const visit = (schema: JsonSchema): void => {
      for (const object of objectsIn(schema)) {
        for (const [name, field] of propertiesOf(object)) {
          inSchema.add(`${object.title}.${name}`);
          visit(field);
        }
      }
    };
    visit(jsonSchemaOf(kind));
    expect(new Set(count(documentTexts[kind]))).toEqual(inSchema);
  }
});

/** The default that a field of a document says it has. */
function saidDefault(kind: "Flavor" | "HostPolicy", path: string): unknown {
  const field = fields.find((one) => one.path === `${kind}.${path}`);
  if (field === undefined) throw new TypeError(`${kind} has no ${path}`);
  return field.schema.default;
}

test("a request without a field is the one with its default", () => {
  const vm = (spec: object) =>
    resolveRequest(
      { apiVersion: "evenkeel/v1", kind: "VirtualMachine", metadata: { name: "a" }, spec },
      [],
    );
  const least = { vcpus: 2, memory: "4Gi" };
  for (const name of ["hugepages", "locality", "isolation", "workload"]) {
    expect(vm({ ...least, [name]: saidDefault("Flavor", `spec.${name}`) })).toEqual(vm(least));
  }
  const count = 1;
  const accelerators = { count, link: saidDefault("Flavor", "spec.accelerators.link") };
  expect(vm({ ...least, accelerators })).toEqual(vm({ ...least, accelerators: { count } }));
  const nics = { count, rdma: saidDefault("Flavor", "spec.nics.rdma") };
  expect(vm({ ...least, nics })).toEqual(vm({ ...least, nics: { count } }));
  for (const devices of ["accelerators", "nics"]) {
    const none = { count: saidDefault("Flavor", `spec.${devices}.count`) };
    expect(vm({ ...least, [devices]: none })).toEqual(vm(least));
  }
});

test("a policy without a field is the one with its default", () => {
  const policy = (fieldsOfIt: object) => {
    const document = { apiVersion: "evenkeel/v1", kind: "HostPolicy", ...fieldsOfIt };
    return hostPolicyOf(readDocument(JSON.stringify(document), "policy.json", "HostPolicy"));
  };
  for (const name of ["accelerators", "nics"]) {
    const own = { [name]: saidDefault("HostPolicy", name) };
    expect(policy(own)).toEqual(defaultHostPolicy);
  }
  for (const name of ["coresPerNode", "cpus", "memoryPerNode"]) {
    const reserved = { [name]: saidDefault("HostPolicy", `reserved.${name}`) };
    expect(policy({ reserved })).toEqual(defaultHostPolicy);
  }
});
