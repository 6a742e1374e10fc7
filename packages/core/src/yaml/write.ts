/** The values that can be written: those of JSON, which all YAML readers take the same way. */
export type YamlValue =
  | string
  | number
  | boolean
  | null
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue };

/**
 * Writes a value as YAML in block style, ending in a newline. YAML 1.1 and 1.2 read it the same
 * way: a text that either could take for another value (`no`, `1e3`, `0x10`, dates) is quoted. A
 * text of several lines becomes a literal block, where each character stands for itself.
 */
export function writeYaml(value: YamlValue): string {
  return `${lines(value).join("\n")}\n`;
}

function lines(value: YamlValue): string[] {
  if (isList(value)) return value.length === 0 ? ["[]"] : value.flatMap(item);
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value);
    return entries.length === 0 ? ["{}"] : entries.flatMap(([key, field]) => entry(key, field));
  }
  return [typeof value === "string" ? quotedUnlessPlain(value) : JSON.stringify(value)];
}

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}

function item(value: YamlValue): string[] {
  const block = literal(value);
  if (block !== null) return [`- ${block[0]}`, ...block.slice(1).map(indented)];
  return lines(value).map((line, i) => (i === 0 ? `- ${line}` : `  ${line}`));
}

function entry(key: string, value: YamlValue): string[] {
  const name = quotedUnlessPlain(key);
  const block = literal(value);
  if (block !== null) return [`${name}: ${block[0]}`, ...block.slice(1).map(indented)];
  const inner = lines(value);
  const isNested = value !== null && typeof value === "object" && !/^[[{]/.test(inner[0] ?? "");
  return isNested ? [`${name}:`, ...inner.map(indented)] : [`${name}: ${inner[0]}`];
}

const indented = (line: string): string => (line === "" ? "" : `  ${line}`);

/** The characters that a literal block holds unescaped: printable ones, without BOMs and tabs. */
const printable = /^[\n\x20-\x7E\u00A0-\u2027\u202A-\uD7FF\uE000-\uFEFE\uFF00-\uFFFD]*$/;

/** A text of several lines as a literal block; null for other values, and where it would change. */
function literal(value: YamlValue): string[] | null {
  if (typeof value !== "string" || !value.slice(0, -1).includes("\n")) return null;
  // A first line that begins with a space would be taken for the indentation.
  if (!printable.test(value) || /^[ \n]/.test(value) || value.endsWith("\n\n")) return null;
  const ends = value.endsWith("\n");
  return [ends ? "|" : "|-", ...(ends ? value.slice(0, -1) : value).split("\n")];
}

const plain = /^[A-Za-z][A-Za-z0-9_./-]*$/;
/** Words that a YAML of some version reads as another value (https://yaml.org/type/). */
const words = /^(true|false|yes|no|on|off|y|n|null)$/i;

/** A JSON string is a YAML string, escapes included. */
function quotedUnlessPlain(text: string): string {
  if (plain.test(text) && !words.test(text)) return text;
  // Other characters need escapes in YAML that JSON does not require.
  return JSON.stringify(text).replace(
    /[^\x20-\x7E]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
