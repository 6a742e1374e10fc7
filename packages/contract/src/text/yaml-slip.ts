/**
 * Why a text is probably not YAML, for people who do not know its grammar: what the parser says is
 * true and rarely says what to do.
 */

/** A sentence on what to do about a text that the parser refused at an offset, if it told one. */
export function yamlSlip(text: string, offset: number | null, code: string): string {
  const slip = slips.find(({ isMade }) => isMade(text, offset, code));
  return slip?.remedy(text, offset) ?? "give the fields of one object the same number of spaces";
}

interface Slip {
  readonly isMade: (text: string, offset: number | null, code: string) => boolean;
  readonly remedy: (text: string, offset: number | null) => string;
}

const glued = /^[ ]*(?:- )?([A-Za-z]\w{0,40}):([\w".-]{1,40})[ ]*$/m;

/** Kinds of slips, the surest first. */
const slips: readonly Slip[] = [
  {
    isMade: (_text, _offset, code) => code === "TAB_AS_INDENT",
    remedy: () => "YAML is indented with spaces: replace each tab by two of them",
  },
  {
    isMade: (text) => /\{\{|<%|^\s*\{%/m.test(text),
    remedy: () => "it is a template: fill it in first, with helm template for example",
  },
  {
    isMade: (text) => /^(?:<<<<<<<|>>>>>>>) /m.test(text),
    remedy: () => "git has left both sides of a conflict in it: choose one",
  },
  {
    isMade: (text) => /[\u00a0\u2000-\u200b\u202f\u3000]/.test(text),
    remedy: (text) => {
      const at = text.search(/[\u00a0\u2000-\u200b\u202f\u3000]/);
      const line = text.slice(0, at).split("\n").length;
      return `line ${line} has a space that only looks like one, as web pages have: type it anew`;
    },
  },
  {
    isMade: (text) => text.includes("\r") && !text.includes("\n"),
    remedy: () => "its lines end with CR alone: convert it, with tr '\\r' '\\n' for example",
  },
  {
    isMade: (text) => glued.test(text),
    remedy: (text) => {
      const [, key = "", value = ""] = glued.exec(text) ?? [];
      return `put a space after the colon: ${key}: ${value}`;
    },
  },
  {
    isMade: (text) => /^\[[\w.]+\]\s*$/m.test(text) || /^\w+ *= */m.test(text),
    remedy: () => "it looks like TOML or INI: write each line as name: value",
  },
  {
    isMade: (text, offset) => misaligned(text, offset) !== null,
    remedy: (text, offset) =>
      `line ${misaligned(text, offset)} is not indented like its neighbors: give the fields of one ` +
      "object the same number of spaces",
  },
];

/**
 * The line at an offset, or the one after it, that is indented more deeply than the one before it
 * although that already has a value; null where neither is.
 */
function misaligned(text: string, offset: number | null): number | null {
  if (offset === null) return null;
  const lines = text.split("\n");
  const at = text.slice(0, offset).split("\n").length - 1;
  const indent = (line: string): number => line.length - line.trimStart().length;
  for (const i of [at, at + 1]) {
    const [above = "", line = ""] = [lines[i - 1], lines[i]];
    const hasValue = /:\s+[^\s#|>&]/.test(above);
    if (line.trim() !== "" && hasValue && indent(line) > indent(above)) return i + 1;
    if (line.trim() !== "" && indent(line) < indent(above) && i === at) return i + 1;
  }
  return null;
}
