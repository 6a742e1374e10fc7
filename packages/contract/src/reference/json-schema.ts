import { invariant } from "@evenkeel/core/invariant.ts";
import { z } from "zod";
import { type DocumentKind, documentSchemas } from "../document.ts";
import { formOf } from "./forms.ts";
import { type AnyFieldText, type AnyObjectText, isObjectText } from "./text/object-text.ts";
import { documentTexts } from "./texts.ts";
import { unitOf } from "./units.ts";

/** A JSON Schema, or a part of one. */
export type JsonSchema = z.core.JSONSchema.JSONSchema;

/**
 * The JSON Schema (draft 2020-12) of a kind of document, as it is written: fields with a default
 * may be left out. What it refuses, the reader refuses. The reader refuses more: lists of CPUs that
 * are not in order, and plans and topologies that contradict themselves.
 *
 * zod makes it from the document's schema. Descriptions and examples come from the reference's
 * texts.
 */
export function jsonSchemaOf(kind: DocumentKind): JsonSchema {
  return describedSchema(documentSchemas[kind], documentTexts[kind]);
}

/** The JSON Schema of a document with its texts. A field without a text is a broken promise. */
export function describedSchema(schema: z.core.$ZodType, text: AnyObjectText): JsonSchema {
  const { $schema, ...described } = written(schema);
  describeObject(described, text);
  return { ...($schema !== undefined && { $schema }), title: text.title, ...described };
}

/** zod's own JSON Schema of what is written, with what zod cannot know of our types. */
function written(schema: z.core.$ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    target: "draft-2020-12",
    override({ zodSchema, jsonSchema }) {
      // zod marks values that are frozen after reading; an editor would take them for unchangeable.
      delete jsonSchema.readOnly;
      const form = formOf(zodSchema);
      if (form !== null) replace(jsonSchema, form.schema);
      // A list is an array of anything, so that its length is checked first, then one of its items.
      if (zodSchema instanceof z.ZodPipe && zodSchema.out instanceof z.ZodArray) {
        const { $schema: _, ...items } = written(zodSchema.out.element);
        jsonSchema.items = items;
      }
      if (typeof jsonSchema.pattern === "string") {
        jsonSchema.pattern = portablePattern(jsonSchema.pattern);
      }
    },
  });
}

function replace(target: JsonSchema, source: JsonSchema): void {
  for (const key of Object.keys(target)) Reflect.deleteProperty(target, key);
  Object.assign(target, source);
}

/** The pattern without Unicode properties, which JavaScript alone knows by these names. */
function portablePattern(pattern: string): string {
  return pattern.replace(
    String.raw`\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e`,
    String.raw`\u0000-\u001f\u007f-\u009f\u2028-\u202e`,
  );
}

/** Adds the texts to an object, to each of its variants if it has some. */
function describeObject(schema: JsonSchema, text: AnyObjectText): void {
  const objects = objectsIn(schema);
  invariant(objects.length > 0, `${text.title} is an object`);
  for (const object of objects) {
    object.title = text.title;
    object.description = text.about;
    for (const [name, field] of propertiesOf(object)) {
      const own = text.fields[name];
      invariant(own !== undefined, `${text.title} says what ${name} is`);
      describeField(field, name, own);
    }
  }
}

function describeField(field: JsonSchema, name: string, text: AnyFieldText): void {
  const [meaning, value, { unit = unitOf(name), default: fallback, otherwise } = {}] = text;
  if (isObjectText(value)) describeObject(field, value);
  else field.examples = [field.const ?? value];
  field.description = [
    meaning,
    ...(unit === null ? [] : [unitSentence(unit)]),
    ...(otherwise === undefined ? [] : [`Left out: ${otherwise}.`]),
  ].join(" ");
  if (fallback !== undefined) field.default = fallback;
}

/** A unit, or what the number is the number of: `pages`, `a node's number`. */
function unitSentence(unit: string): string {
  return /^an? /.test(unit) ? `A${unit.slice(1)}.` : `Unit: ${unit}.`;
}

/** The objects that a value may be or, if it is a list, that its items may be. */
export function objectsIn(schema: JsonSchema): readonly JsonSchema[] {
  if (schema.properties !== undefined) return [schema];
  return [...variantsOf(schema), ...itemsOf(schema)].flatMap(objectsIn);
}

/** The fields of an object, in its order. */
export function propertiesOf(object: JsonSchema): readonly (readonly [string, JsonSchema])[] {
  return Object.entries(object.properties ?? {}).flatMap(([name, field]) =>
    typeof field === "object" ? [[name, field] as const] : [],
  );
}

/** The schemas of which a value has one; empty where it has but one. */
export function variantsOf({ anyOf = [] }: JsonSchema): readonly JsonSchema[] {
  return anyOf.filter((part) => typeof part === "object");
}

/** The schema of a list's items, in a list; empty for anything but a list. */
export function itemsOf({ items }: JsonSchema): readonly JsonSchema[] {
  return [items ?? []].flat().filter((part) => typeof part === "object");
}

/** An example of a value: the one that its schema has, or one made of its fields' examples. */
export function exampleOf(schema: JsonSchema): unknown {
  const [object] = objectsIn(schema);
  if (object === undefined) return Array.isArray(schema.examples) ? schema.examples[0] : undefined;
  const value = Object.fromEntries(
    propertiesOf(object).map(([name, field]) => [name, exampleOf(field)]),
  );
  return isList(schema) ? [value] : value;
}

function isList(schema: JsonSchema): boolean {
  return schema.type === "array" || variantsOf(schema).some(isList);
}
