import { z } from "zod";

const DEPTH_MAX = 6;

/**
 * The paths of the fields of a schema that are not within lists: `spec.memory`. Objects come before
 * their own fields.
 */
export function fieldsOf(schema: z.core.$ZodType): readonly string[] {
  return pathsBelow(schema, [], 0);
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

/** The object in a schema that may also be left out, null or frozen; null for other schemas. */
function objectIn(schema: z.core.$ZodType): z.ZodObject | null {
  if (schema instanceof z.ZodObject) return schema;
  if (
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault
  ) {
    return objectIn(schema.def.innerType);
  }
  return null;
}
