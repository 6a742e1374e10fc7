import { isDevicePattern } from "@evenkeel/core/topology/device-pattern.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { parseQuantity } from "@evenkeel/core/unit/bytes.ts";
import { z } from "zod";

/**
 * The kinds of field that documents are made of, each with its bounds: whoever sends a document
 * is a stranger. Every schema here says in its `error` what it expects, as a phrase that completes
 * "expected …", because that phrase is what the sender reads (`problem.ts`).
 *
 * Documents are read into frozen values; `readonly` is what makes zod freeze them.
 */

/** Numbers of 32 bits are what the kernel counts packages, IOMMU groups and the like in. */
const ID_MAX = 2 ** 31 - 1;

/**
 * An object with exactly these fields: a misspelled one is an error and never silently ignored.
 * What zod says of unknown fields is replaced by the names of the known ones, for `problem.ts`
 * to find the nearest among: an issue's message is all that zod carries there.
 */
export function object<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodReadonly<z.ZodObject<Shape, z.core.$strict>> {
  const names = Object.keys(shape).join(", ");
  const error: z.core.$ZodErrorMap = (issue) =>
    issue.code === "unrecognized_keys" ? names : `an object with the fields ${names}`;
  return z.strictObject(shape, { error }).readonly();
}

/** A list of at most `max` items. It is counted before any of them is looked at. */
export function list<Item extends z.ZodType>(
  item: Item,
  max: number,
): z.ZodReadonly<z.ZodPipe<z.ZodArray<z.ZodUnknown>, z.ZodArray<Item>>> {
  const error = `a list of at most ${max}`;
  return z
    .array(z.unknown(), { error })
    .max(max, { error })
    .pipe(z.array(item, { error }))
    .readonly();
}

export function integer(min: number, max: number): z.ZodInt {
  const error = `an integer from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export const id: z.ZodInt = integer(0, ID_MAX);

/** Linux counts nodes below 1024 and CPUs below 8192; list strings in Evenkeel go to 65535. */
export const index: z.ZodInt = integer(0, 65_535);

export const bytes: z.ZodInt = z
  .int({ error: "an integer of bytes" })
  .min(0, { error: "an integer of bytes, not below 0" });

export const positive: z.ZodNumber = z
  .number({ error: "a number above 0" })
  .positive({ error: "a number above 0" });

export const notNegative: z.ZodNumber = z
  .number({ error: "a number, not below 0" })
  .min(0, { error: "a number, not below 0" });

export const flag: z.ZodBoolean = z.boolean({ error: "true or false" });

export function oneOf<const Names extends readonly string[]>(
  names: Names,
): z.ZodEnum<z.core.util.ToEnum<Names[number]>> {
  return z.enum(names, { error: `one of ${names.join(", ")}` });
}

export function exactly<const Name extends string>(name: Name): z.ZodLiteral<Name> {
  return z.literal(name, { error: `"${name}"` });
}

/** Text of some other program's, to be shown as it stands: nothing in it commands a terminal. */
export function text(max: number, min = 1): z.ZodString {
  const error = `a text of ${min} to ${max} characters without control characters`;
  const printable = /^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u;
  return z.string({ error }).min(min, { error }).max(max, { error }).regex(printable, { error });
}

/**
 * A name that a user gives: what DNS, Kubernetes, libvirt (no `/`), file systems and shells all
 * take as it stands, so that it never needs quoting and never names a path.
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

/** A canonical Linux list string of CPUs or nodes. */
export const indexList: z.ZodString = formatted(
  65_536,
  (written) => {
    const set = parseList(written);
    return set !== null && formatList(set) === written;
  },
  'a list such as "0-27,112-139", ascending and with runs joined',
);

export const pciAddress: z.ZodString = formatted(
  20,
  isPciAddress,
  'a full lower-case PCI address such as "0000:1b:00.0"',
);

export const devicePattern: z.ZodString = formatted(
  20,
  isDevicePattern,
  'a pattern vendor:device or vendor:device:class such as "10de:*:0302"',
);

/** A size as people write it. YAML and JSON may hold it as a number too: that many bytes. */
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

/** Every document begins with these. */
export const apiVersion: z.ZodLiteral<"evenkeel/v1"> = exactly("evenkeel/v1");
