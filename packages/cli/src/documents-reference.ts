import { type DocumentKind, isDocumentKind } from "@evenkeel/contract/document.ts";
import { allForms, type Form } from "@evenkeel/contract/reference/forms.ts";
import {
  exampleOf,
  itemsOf,
  type JsonSchema,
  jsonSchemaOf,
  objectsIn,
  propertiesOf,
  variantsOf,
} from "@evenkeel/contract/reference/json-schema.ts";
import { aboutsIn, documentTexts, firstSentence } from "@evenkeel/contract/reference/texts.ts";
import { invariant } from "@evenkeel/core/invariant.ts";
import { valueOf } from "@evenkeel/core/unit/list.ts";
import { type ReferenceExample, referenceExamples } from "./reference-examples.ts";

/**
 * `docs/reference/`: a page for each kind of document, with a table for each of its objects, made
 * from the JSON Schemas. A page says what the schema says, so nothing here is about one kind.
 */

/** The name of a kind's files: `host-policy`. */
export function fileOfKind(kind: string): string {
  return kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
}

/** The page of one kind. `textOf` reads an example, which is on the page where people write it. */
export function documentReference(kind: string, textOf: (file: string) => string): string {
  invariant(isDocumentKind(kind), `${kind} is a kind of document`);
  const schema = jsonSchemaOf(kind);
  const sections = sectionsOf(schema, kind);
  const abouts = aboutsIn(documentTexts[kind]);
  const examples = referenceExamples.filter((example) => example.kind === kind);
  return page([
    `# ${kind}`,
    schema.description ?? "",
    `JSON Schema: ${schemaText(kind)}. [What the columns mean](README.md#the-columns).`,
    ...sections.flatMap(({ objects }, i) => [
      ...(i === 0 ? [] : [`## ${titleOf(objects)}`, valueOf(abouts, titleOf(objects))]),
      ...tableOf(objects, kind),
    ]),
    "## Examples",
    ...examples.flatMap((example) => workedExample(example, textOf)),
  ]);
}

/** The kinds that people write, whose JSON Schemas are files too. */
export const writtenKinds: readonly DocumentKind[] = [
  "VirtualMachine",
  "Flavor",
  "WorkloadProfile",
  "HostPolicy",
  "Fleet",
];

function schemaText(kind: DocumentKind): string {
  const file = `schema/${fileOfKind(kind)}.json`;
  const command = `\`evenkeel schema ${kind}\``;
  return writtenKinds.includes(kind) ? `[${file}](${file}), or ${command}` : command;
}

function workedExample(
  { file, title, says, lines }: ReferenceExample,
  textOf: (file: string) => string,
): readonly string[] {
  return [
    `### ${title}`,
    `[examples/${file}](examples/${file}). ${says}`,
    ...(file.endsWith(".yaml") ? [`\`\`\`yaml\n${textOf(file).trimEnd()}\n\`\`\``] : []),
    ["```sh", ...lines, "```"].join("\n"),
  ];
}

const page = (blocks: readonly string[]): string => `${blocks.join("\n\n")}\n`;

/** An object of a document with its variants, of which most have one. */
interface Section {
  readonly objects: readonly JsonSchema[];
}

const titleOf = ([first]: readonly JsonSchema[]): string => first?.title ?? "";

/** The objects of a document, outermost first, each title once; other documents have own pages. */
function sectionsOf(schema: JsonSchema, kind: string): readonly Section[] {
  const found = new Map<string, Section>();
  const visit = (objects: readonly JsonSchema[]): void => {
    const title = titleOf(objects);
    const other = found.get(title);
    invariant(
      other === undefined || fieldsText(other.objects) === fieldsText(objects),
      `${kind} has one object called ${title}`,
    );
    if (other !== undefined) return;
    found.set(title, { objects });
    for (const [, field] of objects.flatMap(propertiesOf)) {
      const inner = objectsIn(field);
      if (inner.length > 0 && documentIn(inner) === null) visit(inner);
    }
  };
  visit([schema]);
  return [...found.values()];
}

const fieldsText = (objects: readonly JsonSchema[]): string =>
  JSON.stringify(objects.map(({ properties }) => properties));

/** The kind of document that objects are; null if they are parts of one. */
function documentIn(objects: readonly JsonSchema[]): string | null {
  const title = titleOf(objects);
  return isDocumentKind(title) ? title : null;
}

function tableOf(objects: readonly JsonSchema[], kind: string): readonly string[] {
  const rows = new Map<string, string>();
  const lists: string[] = [];
  for (const object of objects) {
    for (const [name, field] of propertiesOf(object)) {
      const isRequired = object.required?.includes(name) ?? false;
      const meaning = field.description ?? "";
      const cells = [code(name), valueText(field, kind), defaultText(field, isRequired), meaning];
      // Of a field that several variants have, the first says what there is to say.
      if (!rows.has(name))
        rows.set(name, [...cells, exampleText(field, kind)].map(cell).join(" | "));
      const long = longEnum(field);
      if (long !== null) lists.push(`\`${name}\` is one of ${long.map(code).join(", ")}.`);
    }
  }
  return [
    [
      "| field | value | default | meaning | example |",
      "|---|---|---|---|---|",
      ...[...rows.values()].map((row) => `| ${row} |`),
    ].join("\n"),
    ...(objects.length > 1 ? [variantsText(objects)] : []),
    ...lists,
  ];
}

function variantsText(objects: readonly JsonSchema[]): string {
  const fields = objects.map((object) =>
    propertiesOf(object).map(([name, field]) =>
      code(field.const === undefined ? name : `${name}: ${shown(field.const)}`),
    ),
  );
  return `It has either ${fields.map((own) => own.join(" and ")).join(", or ")}.`;
}

const cell = (text: string): string => text.replaceAll("|", "\\|");
const code = (text: string): string => `\`${text}\``;

/** From so many values on, they stand below the table. */
const LONG_ENUM = 8;

function longEnum(schema: JsonSchema): readonly string[] | null {
  const { enum: values } = schema;
  if (values !== undefined) return values.length < LONG_ENUM ? null : values.map(shown);
  const inner = variantsOf(schema).map(longEnum);
  return inner.find((part) => part !== null) ?? null;
}

/** From so many characters on, an example is in the table of its own object. */
const LONG_EXAMPLE = 80;

function exampleText(field: JsonSchema, kind: string): string {
  const text = shown(exampleOf(field));
  const objects = objectsIn(field);
  const isLong = objects.length > 0 && text.length > LONG_EXAMPLE;
  return isLong ? `see ${objectLink(objects, kind)}` : code(text);
}

const shown = (value: unknown): string =>
  typeof value === "string" && value !== "" ? value : JSON.stringify(value);

function defaultText(field: JsonSchema, isRequired: boolean): string {
  if (field.default !== undefined) return code(shown(field.default));
  return isRequired ? "required" : "";
}

/** What a field may be, in the words of README.md. */
function valueText(field: JsonSchema, kind: string): string {
  const { type } = field;
  const form = formIn(field);
  if (form !== null) return `[${form.noun}](README.md#${anchorOf(form.title)})`;
  const variants = variantsOf(field);
  if (variants.length > 0) {
    const objects = variants.filter(({ properties }) => properties !== undefined);
    const others = variants.filter(({ properties }) => properties === undefined);
    return [
      ...(objects.length > 0 ? [objectLink(objects, kind)] : []),
      ...others.map((part) => valueText(part, kind)),
    ].join(" or ");
  }
  if (Array.isArray(type)) {
    return type.map((one) => valueText({ ...field, type: one }, kind)).join(" or ");
  }
  if (field.properties !== undefined) return objectLink([field], kind);
  if (field.const !== undefined) return code(shown(field.const));
  if (field.enum !== undefined) {
    return longEnum(field) === null
      ? field.enum.map((value) => code(shown(value))).join(", ")
      : "a code, listed below";
  }
  return plainText(field, kind);
}

const words: Readonly<Record<string, (field: JsonSchema, kind: string) => string>> = {
  null: () => "`null`",
  boolean: () => "`true` or `false`",
  integer: (field) => `integer${rangeText(field)}`,
  number: (field) => `number${rangeText(field)}`,
  array: listText,
  string: stringText,
};

function plainText(field: JsonSchema, kind: string): string {
  const text = words[String(field.type)];
  invariant(text !== undefined, `there are words for the type ${String(field.type)}`);
  return text(field, kind);
}

function listText(field: JsonSchema, kind: string): string {
  const [items] = itemsOf(field);
  invariant(items !== undefined, "a list says what its items are");
  const most = field.maxItems === undefined ? "" : ` (up to ${count(field.maxItems)})`;
  return `list${most} of ${valueText(items, kind)}`;
}

function stringText({ pattern, maxLength, minLength = 0 }: JsonSchema): string {
  if (pattern !== undefined && !pattern.startsWith("^[^")) return `text like ${code(pattern)}`;
  const least = minLength === 0 ? "" : `${minLength} to `;
  return maxLength === undefined
    ? "text"
    : `text (${least || "up to "}${count(maxLength)} characters)`;
}

function rangeText({ minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  if (minimum === undefined) return "";
  if (maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER) {
    return ` of at least ${count(minimum)}`;
  }
  return ` from ${count(minimum)} to ${count(maximum)}`;
}

const count = (value: number): string => value.toLocaleString("en-US");

function formIn(schema: JsonSchema): Form | null {
  const pattern = patternOf(schema);
  if (pattern === null) return null;
  return allForms.find((form) => patternOf(form.schema) === pattern) ?? null;
}

/** The pattern that tells the form of a value; null where it has none, or may be null beside. */
function patternOf(schema: JsonSchema): string | null {
  const variants = variantsOf(schema);
  if (variants.some(({ type }) => type === "null")) return null;
  return schema.pattern ?? variants.find(({ pattern }) => pattern !== undefined)?.pattern ?? null;
}

function objectLink(objects: readonly JsonSchema[], kind: string): string {
  const title = titleOf(objects);
  const document = documentIn(objects);
  return document === null || document === kind
    ? `[${title}](#${anchorOf(title)})`
    : `[${title}](${fileOfKind(document)}.md)`;
}

/** The anchor that a heading gets. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");

/** `docs/reference/README.md`: the list of pages, and the forms that many fields have. */
export function documentsOverview(): string {
  const kinds = Object.entries(documentTexts).map(
    ([kind, { about }]) => `| [${kind}](${fileOfKind(kind)}.md) | ${firstSentence(about)} |`,
  );
  return page([
    ...overview,
    ["| kind | what it is |", "|---|---|", ...kinds].join("\n"),
    ...columns,
    ...allForms.flatMap(({ title, about, examples }) => [
      `### ${title}`,
      about,
      `Examples: ${examples.map((example) => code(shown(example))).join(", ")}.`,
    ]),
  ]);
}

const overview: readonly string[] = [
  "# The documents",
  "Everything that Evenkeel reads, stores and prints is a document of one of these kinds, in YAML or " +
    "JSON. People write the first five; commands write the others. These pages are made from the " +
    "schemas that read the documents, and a test compares the two.",
];

const columns: readonly string[] = [
  "## In an editor",
  "Editors with a YAML language server check a file while it is written, complete its fields and " +
    "show what they mean, if its first line names the schema:",
  "```yaml\n# yaml-language-server: $schema=flavor.json\n```",
  "The schema is a path, seen from the file, or an address. `evenkeel schema Flavor > flavor.json` " +
    "writes it; [schema/](schema) has those of the kinds that people write. A schema says all that the reader checks in a " +
    "field by itself; that lists are in order, and that the parts of a plan or a topology agree " +
    "with each other, is checked when the document is read.",
  "## The columns",
  "**Value** is what a field may be. **Default** is what a field that is left out stands for, or that " +
    "it is required. Where a value may be `null`, that says: not known, or not there; it never stands " +
    "for a default, unless the default column says so. A field that the table does not have is an " +
    "error. Words in the tables are those of the [glossary](../glossary.md).",
  "A number has the unit that its name ends in: `memoryBytes` is in bytes, `readLatencyNs` in " +
    "nanoseconds, `speedGTs` in GT/s; otherwise the meaning says it.",
];
