import { isDeviceName } from "@evenkeel/core/topology/device-pattern.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { parseQuantity } from "@evenkeel/core/unit/bytes.ts";
import { z } from "zod";

/**
 * The field types of all documents. Each has bounds, because documents come from strangers. The
 * `error` of each type is a phrase that completes "expected …": the sender reads it in the error
 * message (`problem.ts`).
 *
 * Documents are read into frozen values; zod freezes what is `readonly`.
 */

/** The kernel numbers packages, IOMMU groups and similar things in 32 bits. */
const ID_MAX = 2 ** 31 - 1;

/**
 * An object with exactly these fields: a misspelled field is an error and never silently ignored.
 * zod's message about unknown fields is replaced by the names of the known fields, because the
 * message is the only part of an issue that can carry them to `problem.ts`, which suggests the
 * nearest name.
 */
export function object<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodReadonly<z.ZodObject<Shape, z.core.$strict>> {
  const names = Object.keys(shape).join(", ");
  const error: z.core.$ZodErrorMap = (issue) =>
    issue.code === "unrecognized_keys" ? names : `an object with the fields ${names}`;
  return z.strictObject(shape, { error }).readonly();
}

/** A list of at most `max` items. The length is checked before any item. */
export function list<Item extends z.ZodType>(
  item: Item,
  max: number,
): z.ZodReadonly<z.ZodPipe<z.ZodArray<z.ZodUnknown>, z.ZodArray<Item>>> {
  const error = `a list of at most ${max} items`;
  return z
    .array(z.unknown(), { error })
    .max(max, { error })
    .pipe(z.array(item, { error }))
    .readonly();
}

/** An integer from `min` to `max`. */
export function integer(min: number, max: number): z.ZodInt {
  const error = `an integer from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A count that may exceed that of any kind of thing: nanoseconds, periods, pages. */
export const notNegativeInteger: z.ZodInt = integer(0, Number.MAX_SAFE_INTEGER);

/** A number that the kernel gives to a thing, or a count of things. */
export const id: z.ZodInt = integer(0, ID_MAX);

/**
 * The number of a node, a CPU or a cell. Linux has up to 1024 nodes and 8192 CPUs; list strings in
 * Evenkeel go to 65535.
 */
export const index: z.ZodInt = integer(0, 65_535);

export const bytes: z.ZodInt = z
  .int({ error: "an integer of bytes" })
  .min(0, { error: "an integer of bytes, at least 0" });

export const positive: z.ZodNumber = z
  .number({ error: "a number above 0" })
  .positive({ error: "a number above 0" });

/** A part of a whole. */
export const share: z.ZodNumber = z
  .number({ error: "a share from 0 to 1" })
  .min(0, { error: "a share from 0 to 1" })
  .max(1, { error: "a share from 0 to 1" });

/** The digest of a machine's topology. */
const digestError = '"sha256:" and 64 hexadecimal digits';
export const digest: z.ZodString = z
  .string({ error: digestError })
  .regex(/^sha256:[0-9a-f]{64}$/, { error: digestError });

export const notNegative: z.ZodNumber = z
  .number({ error: "a number of at least 0" })
  .min(0, { error: "a number of at least 0" });

/** A field that may be null or left out, which both say that nobody knows. */
export function orUnknown<Schema extends z.ZodType>(
  schema: Schema,
): z.ZodDefault<z.ZodNullable<Schema>> {
  return schema.nullable().default(() => null);
}

export const flag: z.ZodBoolean = z.boolean({ error: "true or false" });

/** One of these texts. */
export function oneOf<const Names extends readonly string[]>(
  names: Names,
): z.ZodEnum<z.core.util.ToEnum<Names[number]>> {
  return z.enum(names, { error: `one of ${names.join(", ")}` });
}

/** Exactly this text. */
export function exactly<const Name extends string>(name: Name): z.ZodLiteral<Name> {
  return z.literal(name, { error: `"${name}"` });
}

/** Text from another program, shown unchanged: it must not contain control codes for a terminal. */
export function text(max: number, min = 1): z.ZodString {
  const error = `a text of ${min} to ${max} characters without control characters`;
  const printable = /^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u;
  return z.string({ error }).min(min, { error }).max(max, { error }).regex(printable, { error });
}

/**
 * A name that a user gives. DNS, Kubernetes, libvirt (no `/`), file systems and shells all accept
 * it as it is, so it never needs quoting and never is a path.
 */
const nameError =
  'a name of 1 to 63 lower-case letters, digits, "-" and ".", with a letter or digit at both ends';
export const name: z.ZodString = z
  .string({ error: nameError })
  .max(63, { error: nameError })
  .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/, { error: nameError });

function formatted(max: number, valid: (written: string) => boolean, error: string): z.ZodString {
  return z
    .string({ error })
    .max(max, { error })
    .refine((written) => written.length <= max && valid(written), { error, abort: true });
}

/** A list of CPUs or nodes in Linux's list format, in its canonical form. */
export const indexList: z.ZodString = formatted(
  65_536,
  (written) => {
    const set = parseList(written);
    return set !== null && formatList(set) === written;
  },
  'a list such as "0-27,112-139", in ascending order and with ranges joined',
);

/** The address of a PCI function. */
export const pciAddress: z.ZodString = formatted(
  20,
  isPciAddress,
  'a full lower-case PCI address such as "0000:1b:00.0"',
);

/** A pattern of PCI ids or an address, as in a HostPolicy. */
export const deviceName: z.ZodString = formatted(
  20,
  isDeviceName,
  'a pattern vendor:device or vendor:device:class such as "10de:*:0302", or a full lower-case ' +
    'PCI address such as "0000:1b:00.0"',
);

/** A size as people write it. A number without quotes is a number of bytes. */
const sizeError = 'a size such as "480Gi", "1.5Ti" or 1073741824 (bytes), not negative';
export const size: z.ZodType<string, string | number> = z
  .union(
    [
      z.string({ error: sizeError }).max(32, { error: sizeError }),
      z.int({ error: sizeError }).min(0, { error: sizeError }),
    ],
    { error: sizeError },
  )
  .transform(String)
  .refine((written) => written === written.trim() && parseQuantity(written) !== null, {
    error: sizeError,
  });

/** The version of every document. */
export const apiVersion: z.ZodLiteral<"evenkeel/v1"> = exactly("evenkeel/v1");
