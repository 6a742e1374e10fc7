/** A number before a line, as of `cat -n`, `grep -n`, `less -N` and pages that show code. */
const numbered = /^ {0,8}(\d{1,7})(?:[:|)\u2502]|[ \t]{1,3}[|\u2502]|\t| {1,4}|$)/u;
/** What stands between the numbered lines: nothing, a fence, or a prompt with a command. */
const unnumbered = /^\s*$|^ {0,8}(?:`{3}|~{3})|^[^\n]{0,120}[$#%>] {0,4}[a-z]/;

/**
 * Removes the numbers that all lines of a text begin with, where they count up by one; otherwise
 * returns the lines as they are. Blank lines may be unnumbered.
 *
 * All lines, because matrices and tables of CPUs have rows that count up below a header that has no
 * number.
 */
export function withoutLineNumbers(lines: readonly string[]): readonly string[] {
  let next: number | null = null;
  let counted = 0;
  for (const line of lines) {
    const number = numbered.exec(line)?.[1];
    if (number === undefined) {
      if (unnumbered.test(line)) continue;
      return lines;
    }
    // Nothing counts its lines from 0, and tables of nodes and CPUs do.
    if (number === "0") return lines;
    if (next !== null && Number(number) !== next) {
      // `nl` and pages of code begin again with each output.
      if (Number(number) !== 1 && Number(number) < next) return lines;
      if (Number(number) > next + gapMax) return lines;
    }
    next = Number(number) + 1;
    counted++;
  }
  if (counted < linesMin) return lines;
  const separator = commonSeparator(lines);
  return lines.map((line) => {
    if (!numbered.test(line)) return line;
    const behind = line.replace(/^ {0,8}\d{1,7}/, "");
    return behind.startsWith(separator) ? behind.slice(separator.length) : behind.trimStart();
  });
}

/** The most lines that `grep -v` and the like leave out at once. */
const gapMax = 100;
const linesMin = 4;

/** What all numbers have behind them, at most one mark and one kind of blank. */
function commonSeparator(lines: readonly string[]): string {
  const behind = lines.flatMap((line) => {
    const found = /^ {0,8}\d{1,7}([^]*)$/.exec(line)?.[1];
    return found === undefined || found.trim() === "" ? [] : [found];
  });
  const candidates = [" \u2502 ", " \u2502", " | ", " |", "| ", ": ", ") ", ":", "|", ")", "\t"];
  const marked = candidates.find((candidate) => behind.every((text) => text.startsWith(candidate)));
  if (marked !== undefined) return marked;
  const blanks = behind.map((text) => text.length - text.trimStart().length);
  return " ".repeat(Math.min(...blanks.slice(0, 10_000)));
}
