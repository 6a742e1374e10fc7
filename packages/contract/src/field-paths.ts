import { z } from "zod";

const DEPTH_MAX = 6;

/** The steps from a document's top to a field, as in `text/parsed.ts`. */
type Steps = readonly (string | number)[];

/**
 * The paths of the fields of a schema that are not within lists: `spec.memory`. Objects come before
 * their own fields.
 */
export function fieldsOf(schema: z.core.$ZodType): readonly string[] {
  return pathsBelow(schema, [], 0);
}

/**
 * The paths of the fields that a value within a document has, from that value: `reserved.cpus` for
 * the policy of a host in a list. None where the schema has no such value.
 */
export function fieldsAt(schema: z.core.$ZodType, [step, ...rest]: Steps): readonly string[] {
  if (step === undefined) return fieldsOf(schema);
  const inner = typeof step === "number" ? itemIn(schema) : objectIn(schema)?.shape[step];
  return inner === undefined || inner === null ? [] : fieldsAt(inner, rest);
}

/** The items of a list that may also be left out, null or frozen; null for other schemas. */
function itemIn(schema: z.core.$ZodType): z.core.$ZodType | null {
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodPipe) return itemIn(schema.out);
  const inner = within(schema);
  return inner === null ? null : itemIn(inner);
}

function pathsBelow(
  schema: z.core.$ZodType,
  above: readonly string[],
  depth: number,
): readonly string[] {
  const inner = objectIn(schema);
  if (inner === null || depth > DEPTH_MAX) return [];
  return Object.entries(inner.shape).flatMap(([name, field]) => {
    const path = [...above, name];
    return [path.join("."), ...pathsBelow(field, path, depth + 1)];
  });
}

/** The object in a schema that may also be something else, left out or frozen; null for others. */
function objectIn(schema: z.core.$ZodType): z.ZodObject | null {
  if (schema instanceof z.ZodObject) return schema;
  if (schema instanceof z.ZodUnion) {
    return schema.options.map(objectIn).find((option) => option !== null) ?? null;
  }
  const inner = within(schema);
  return inner === null ? null : objectIn(inner);
}

/** The schema that another one only wraps; null where it wraps none. */
function within(schema: z.core.$ZodType): z.core.$ZodType | null {
  return schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault
    ? schema.def.innerType
    : null;
}
