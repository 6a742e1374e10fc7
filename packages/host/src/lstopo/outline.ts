/** An object of lstopo's text: `NUMANode L#0 (P#0 64GB)`. */
export interface Outlined {
  /** As printed, without the kind in brackets: `Package`, `L3`, `PCI`, `Net`. */
  readonly type: string;
  /** hwloc's own number (`L#`) and the operating system's (`P#`). */
  readonly logical: number | null;
  readonly physical: number | null;
  /** What stands in the brackets, by name: `local=…`, `busid=…`; what has no name is in `words`. */
  readonly infos: ReadonlyMap<string, string>;
  readonly words: readonly string[];
  /** What stands behind the type: a bus id, or a name in quotes. */
  readonly name: string | null;
  readonly parent: Outlined | null;
  readonly children: Outlined[];
}

/** The objects of a text, and the lines between them that are none. */
export interface Outline {
  readonly roots: readonly Outlined[];
  readonly strange: readonly string[];
}

/** More nesting than any machine has. */
const depthMax = 64;

const object =
  /^([A-Z][\w-]{1,20}|L\d\w{0,8})(?:\([\w, -]{1,30}\))?(?: L#(\d{1,6}))?(?: P#(\d{1,6}))?((?: [0-9a-f:]{4,14}\.[0-7](?:-[0-7])?)|(?: [0-9a-f]{4}:[0-9a-f]{4}))?(?: \((.{0,2000})\))?(?: "(.{0,200})")?$/;

/**
 * Reads the outline that lstopo prints: each object in a line, indented below its parent. Objects
 * with one child share a line, `L2 L#0 (512KB) + Core L#0 + PU L#0 (P#0)`.
 */
export function readOutline(lines: readonly string[]): Outline {
  const roots: Outlined[] = [];
  const strange: string[] = [];
  const open: { readonly indent: number; readonly last: Outlined }[] = [];
  for (const line of lines.flatMap(expanded)) {
    if (line.trim() === "") continue;
    const parts = line.trim().split(" + ");
    const read = parts.map((part) => object.exec(part));
    if (parts.length > depthMax || read.some((match) => match === null)) {
      if (roots.length > 0) strange.push(line.trim());
      continue;
    }
    const indent = line.length - line.trimStart().length;
    for (let above = open.at(-1); above !== undefined && above.indent >= indent;) {
      open.pop();
      above = open.at(-1);
    }
    let parent = open.at(-1)?.last ?? null;
    for (const match of read) {
      if (match === null) continue;
      const made = outlined(match, parent);
      (parent?.children ?? roots).push(made);
      parent = made;
    }
    if (parent !== null && open.length < depthMax) open.push({ indent, last: parent });
  }
  return { roots, strange };
}

/**
 * The lines that a line stands for: equal functions of a device share one, `2 x { PCI 00:10.0-1
 * (SATA) }`.
 */
function expanded(line: string): readonly string[] {
  const [, indent = "", count, inner = ""] =
    /^(\s*)(\d{1,3}) x \{ (.{1,2100}) \}$/.exec(line) ?? [];
  const range = /([0-9a-f]{2}\.)([0-7])-([0-7])/.exec(inner);
  if (count === undefined || range === null) return [line];
  const [text, start = "", first, last] = range;
  const functions = Array.from(
    { length: Number(last) - Number(first) + 1 },
    (_, i) => Number(first) + i,
  );
  if (functions.length !== Number(count)) return [line];
  return functions.map(
    (each) => indent + inner.replace(text, `${start}${each}`).replace(/L#(\d+)-\d+/, "L#$1"),
  );
}

function outlined(match: RegExpExecArray, parent: Outlined | null): Outlined {
  const [, type = "", logical, physical, bus, brackets = "", quoted] = match;
  const infos = new Map<string, string>();
  for (const [, key = "", value = "", word = ""] of brackets.matchAll(
    /([A-Za-z]\w{0,60})=("[^"]{0,200}"|[^\s]{0,200})/g,
  )) {
    infos.set(key, value.replaceAll('"', "") + word);
  }
  const words = brackets.split(/[\s,]+/).filter((word) => word !== "" && !word.includes("="));
  const numbered = /(?:^| )P#(\d{1,10})\b/.exec(brackets)?.[1];
  return {
    type,
    logical: logical === undefined ? null : Number(logical),
    physical:
      physical !== undefined ? Number(physical) : numbered === undefined ? null : Number(numbered),
    infos,
    words,
    name: bus?.trim() ?? quoted ?? null,
    parent,
    children: [],
  };
}

/** Every object from the given ones down, each before those below it. */
export function allOf(roots: readonly Outlined[]): Outlined[] {
  const found: Outlined[] = [];
  const pending = roots.toReversed();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    found.push(next);
    pending.push(...next.children.toReversed());
  }
  return found;
}
