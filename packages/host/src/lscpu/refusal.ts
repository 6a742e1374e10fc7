import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/** The error for a text that is not lscpu's English output. */
export function unexpected(message: string, where: string): EvenkeelError {
  return new EvenkeelError("text-unexpected", message, {
    where,
    expected: "the output of lscpu, lscpu -J, lscpu -p with its header, or lscpu -e",
    remedy: "run LC_ALL=C lscpu -p on the machine and give its whole output",
  });
}

/** The error for a text that lists no CPUs: what it is instead, where that shows. */
export function nothing(
  lines: readonly string[],
  caches: readonly unknown[],
  where: string,
): EvenkeelError {
  const filled = lines.filter((line) => line.trim() !== "");
  if (caches.length > 0) {
    return unexpected("is the output of lscpu -C, which lists caches and no CPUs", where);
  }
  if (filled.length > 0 && filled.every((line) => /^\d[\d,-]*$/.test(line))) {
    return unexpected("is a table of lscpu -p without the header that names its columns", where);
  }
  if (filled.filter((line) => line.includes(":")).length >= 3) {
    return unexpected("has none of lscpu's English fields that list the CPUs", where);
  }
  return unexpected("is not the output of lscpu", where);
}
