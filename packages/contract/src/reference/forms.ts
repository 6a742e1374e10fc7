import type { z } from "zod";
import { deviceName, indexList, name, pciAddress, size } from "../fields.ts";
import { takenAt } from "../taken-at.ts";

/** A form in which many fields are written. */
export interface Form {
  /** Its heading in the reference. */
  readonly title: string;
  /** What a table calls a value of it. */
  readonly noun: string;
  readonly about: string;
  readonly schema: z.core.JSONSchema.JSONSchema;
  readonly examples: readonly string[];
}

const address = "[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]";
const number = "(?:0|[1-9]\\d{0,4})";
const range = `${number}(?:-${number})?`;
const quantity = "\\d{1,16}(?:\\.\\d{1,9})?(?:Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?";

/** What zod cannot say of a form that a function checks, and what the reference says of each. */
const forms: ReadonlyMap<z.core.$ZodType, Form> = new Map<z.core.$ZodType, Form>([
  [
    size,
    {
      title: "Sizes",
      noun: "size",
      about:
        "A size is a Kubernetes quantity: a number, with a fraction or not, and a unit. `Ki`, `Mi`, " +
        "`Gi`, `Ti` and `Pi` count in 1024s, `k`, `M`, `G`, `T` and `P` in 1000s; there is no `GB`. " +
        "A number without a unit is a number of bytes.",
      schema: {
        anyOf: [
          { type: "string", maxLength: 32, pattern: `^${quantity}$` },
          { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
        ],
      },
      examples: ["480Gi", "1.5Ti"],
    },
  ],
  [
    indexList,
    {
      title: "Lists of CPUs and nodes",
      noun: "list of numbers",
      about:
        "A list of CPUs, nodes or cache ways is a text in Linux's list format: numbers and ranges, " +
        "ascending, ranges that touch joined. The empty text is the empty list.",
      schema: { type: "string", maxLength: 65_536, pattern: `^(?:${range}(?:,${range})*)?$` },
      examples: ["0-27,112-139", "4", ""],
    },
  ],
  [
    pciAddress,
    {
      title: "PCI addresses",
      noun: "PCI address",
      about:
        "The address of a PCI function, `domain:bus:device.function`, in full and in lower case, as " +
        "`lspci -D` prints it.",
      schema: { type: "string", maxLength: 20, pattern: `^${address}$` },
      examples: ["0000:1b:00.0"],
    },
  ],
  [
    deviceName,
    {
      title: "Device patterns",
      noun: "device pattern",
      about:
        "Names PCI functions by their ids, `vendor:device` or `vendor:device:class`, where `*` is " +
        "anything and a class matches by its first digits; or one function by its address. " +
        "`lspci -nn` prints ids. `10de:*:0302` is every NVIDIA GPU without a display, " +
        "`15b3:*:0207` every InfiniBand card of Mellanox. A pattern does not match virtual " +
        "functions as NICs; an address matches whatever it is of.",
      schema: {
        type: "string",
        maxLength: 20,
        pattern:
          `^(?:${address}|(?:[0-9a-f]{4}|\\*):(?:[0-9a-f]{4}|\\*)` +
          "(?::(?:[0-9a-f]{2,6}|\\*))?)$",
      },
      examples: ["10de:*:0302", "1234:11e8", "0000:1b:00.0"],
    },
  ],
  [
    name,
    {
      title: "Names",
      noun: "name",
      about:
        "Names of VMs, tenants and flavors have 1 to 63 lower-case letters, digits, `-` and `.`, " +
        "with a letter or digit at both ends.",
      schema: { type: "string", maxLength: 63, pattern: "^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$" },
      examples: ["llm-a", "h100.2"],
    },
  ],
  [
    takenAt,
    {
      title: "Times",
      noun: "time",
      about: "The time of a reading, in ISO 8601, UTC, to the millisecond.",
      schema: {
        type: "string",
        pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$",
      },
      examples: ["2026-01-31T12:00:00.000Z"],
    },
  ],
]);

/** The forms, in the order of the reference. */
export const allForms: readonly Form[] = [...forms.values()];

/** The form that a schema is of; null if it is of none. */
export function formOf(schema: z.core.$ZodType): Form | null {
  return forms.get(schema) ?? null;
}
