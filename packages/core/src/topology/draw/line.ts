import { printable } from "../../text/printable.ts";
import { sumOf } from "../../unit/sum.ts";

/**
 * Lines of text whose parts have a meaning. Layout counts characters and never sees color: only
 * `printLine` turns meaning into ANSI escapes, and only when it is asked to.
 */
export type Line = readonly Span[];

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Style =
  | "plain"
  | "frame"
  | "title"
  | "accelerator"
  | "nic"
  | "memory"
  | "faint"
  | "unknown"
  | "warning"
  | VmStyle;

/** The colors of VMs. Of more VMs they begin again, and their signs tell them apart. */
export const vmStyles = [
  "vm0",
  "vm1",
  "vm2",
  "vm3",
  "vm4",
  "vm5",
  "vm6",
  "vm7",
  "vm8",
  "vm9",
  "vm10",
  "vm11",
  "vm12",
  "vm13",
] as const;

/** A VM's color, that of the VM being placed, and that of cores of several VMs. */
export type VmStyle = (typeof vmStyles)[number] | "vmNew" | "vmSeveral";

/** SGR parameters of ECMA-48, those that every terminal knows. */
const sgr: Readonly<Record<Style, string>> = {
  plain: "",
  frame: "2",
  title: "1",
  accelerator: "32",
  nic: "36",
  memory: "35",
  faint: "2",
  unknown: "33",
  warning: "1;33",
  vm0: "30;42",
  vm1: "30;46",
  vm2: "30;43",
  vm3: "30;45",
  vm4: "37;44",
  vm5: "37;41",
  vm6: "30;47",
  vm7: "4;30;42",
  vm8: "4;30;46",
  vm9: "4;30;43",
  vm10: "4;30;45",
  vm11: "4;37;44",
  vm12: "4;37;41",
  vm13: "4;30;47",
  vmNew: "1;7",
  vmSeveral: "7",
};

/** A part of a line; characters that a terminal would act on become `�`. */
export function span(text: string, style: Style = "plain"): Span {
  return { text: printable(text), style };
}

export function line(...parts: readonly (string | Span)[]): Line {
  return parts.map((part) => (typeof part === "string" ? span(part) : part));
}

/** Its width in columns, one for each character. */
export function widthOf(of: Line): number {
  return sumOf(of, ({ text }) => Array.from(text).length);
}

/** The width of the widest. */
export function widestOf(lines: readonly Line[]): number {
  return lines.reduce((widest, one) => Math.max(widest, widthOf(one)), 0);
}

/** Exactly so wide: filled up with spaces, or cut with an ellipsis. */
export function fitted(of: Line, width: number): Line {
  const missing = width - widthOf(of);
  if (missing >= 0) return [...of, span(" ".repeat(missing))];
  const kept: Span[] = [];
  let room = Math.max(0, width - 1);
  for (const { text, style } of of) {
    const characters = Array.from(text).slice(0, room);
    kept.push({ text: characters.join(""), style });
    room -= characters.length;
  }
  return width <= 0 ? [] : [...kept, span("…", "faint")];
}

/** Its parts joined by a separator; those that are empty are left out. */
export function joined(lines: readonly Line[], separator: string): Line {
  return lines
    .filter((one) => widthOf(one) > 0)
    .flatMap((one, i) => (i === 0 ? one : [span(separator, "faint"), ...one]));
}

/** The parts that `separator` joined. */
export function parted(of: Line, separator: string): Line[] {
  const parts: Line[] = [];
  let part: Line = [];
  for (const one of of) {
    if (one.text === separator) {
      parts.push(part);
      part = [];
    } else part = [...part, one];
  }
  return [...parts, part];
}

/** As `joined`, on as many lines as it takes to keep within the width. */
export function wrapped(lines: readonly Line[], separator: string, width: number): Line[] {
  const rows: Line[][] = [];
  for (const one of lines.filter((part) => widthOf(part) > 0)) {
    const last = rows.at(-1);
    if (last !== undefined && widthOf(joined([...last, one], separator)) <= width) last.push(one);
    else rows.push([one]);
  }
  return rows.map((row) => joined(row, separator));
}

/** The line as text, without white space at its end. */
export function printLine(of: Line, color: boolean): string {
  const end = of.findLastIndex(({ text }) => text.trimEnd() !== "");
  return of
    .slice(0, end + 1)
    .map(({ text, style }, i) => {
      const shown = i === end ? text.trimEnd() : text;
      const code = sgr[style];
      return color && code !== "" && shown.trim() !== ""
        ? `\u{1b}[${code}m${shown}\u{1b}[0m`
        : shown;
    })
    .join("");
}
