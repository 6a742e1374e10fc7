/** A test of nvbandwidth's JSON, as far as it is used. */
interface TestCase {
  readonly name: string;
  readonly title: string;
  readonly matrix: readonly (readonly string[])[];
}

const casesMax = 256;

/**
 * The lines that nvbandwidth prints as text, made from those that it prints with `--json`; null
 * where they are no such JSON. Of JSON that ends too early the complete tests are read.
 */
export function nvbandwidthText(lines: readonly string[]): readonly string[] | null {
  const text = lines.join("\n");
  const start = text.search(/\{\s{0,200}"nvbandwidth"/);
  if (start < 0) return null;
  const body = text.slice(start);
  const version = /"git_version"\s*:\s*"([^"]{1,64})"/i.exec(body)?.[1] ?? "unknown";
  const list = /"GPU Device list"\s*:\s*\[([^\]]{0,65536})\]/i.exec(body)?.[1] ?? "";
  const devices = [...list.matchAll(/"(?:Device )?(\d{1,4}: [^"]{1,256})"/g)].map(([, one]) => one);
  return [
    ...(version === "unknown" ? [] : [`nvbandwidth Version: ${version}`]),
    ...devices.map((device) => `Device ${device}`),
    ...testCases(body).flatMap(asText),
  ];
}

function asText({ name, title, matrix }: TestCase): string[] {
  const width = matrix.reduce((most, row) => Math.max(most, row.length), 0);
  return [
    `Running ${name}.`,
    title,
    Array.from({ length: width }, (_, i) => i).join(" "),
    ...matrix.map((row, i) => `${i} ${row.join(" ")}`),
    "",
    `SUM ${name}`,
  ];
}

/** The tests that are complete objects. */
function testCases(body: string): TestCase[] {
  const from = body.indexOf('"testcases"');
  if (from < 0) return [];
  const found: TestCase[] = [];
  let depth = 0;
  let start = -1;
  let isQuoted = false;
  for (let at = from + '"testcases"'.length; at < body.length && found.length < casesMax; at++) {
    const letter = body[at];
    if (isQuoted) {
      if (letter === "\\") at++;
      else if (letter === '"') isQuoted = false;
    } else if (letter === '"') isQuoted = true;
    else if (letter === "{") {
      if (depth === 0) start = at;
      depth++;
    } else if (letter === "}") {
      depth--;
      if (depth < 0) break;
      if (depth === 0) found.push(...testCaseIn(body.slice(start, at + 1)));
    }
  }
  return found;
}

function testCaseIn(text: string): TestCase[] {
  const value: unknown = parsed(text);
  if (value === null || typeof value !== "object") return [];
  const field = (name: string): unknown => Reflect.get(value, name);
  const [name, title, matrix] = [
    field("name"),
    field("bandwidth_description") ?? field("description"),
    field("bandwidth_matrix") ?? field("latency_matrix"),
  ];
  if (typeof name !== "string" || !/^\w{1,64}$/.test(name) || !Array.isArray(matrix)) return [];
  const rows = matrix.slice(0, 1024).map((row: unknown) =>
    Array.isArray(row)
      ? row.slice(0, 1024).map((cell: unknown) => {
          const word = String(cell).trim();
          return /^\d{1,12}(?:\.\d{0,12})?$/.test(word) ? word : "N/A";
        })
      : [],
  );
  const words = typeof title === "string" ? title.slice(0, 256).replaceAll(/\s/g, " ") : "";
  // The matrices of a test that has several stand below each other, and the title is the last's.
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const isSeveral = name.startsWith("device_to_device_") && rows.length % width === 0;
  const last = isSeveral ? rows.slice(-width) : rows;
  return [
    { name, title: /\(row\)/.test(words) ? words : `memcpy ${words} (row) (column)`, matrix: last },
  ];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
