import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** A QEMU command line, taken apart. */
export interface CommandLine {
  /** What follows each option of that name: `values("-numa")`. */
  values(option: string): readonly string[];
  /** The objects and devices, which libvirt writes as JSON, with a driver or type of that name. */
  objects(driver: string): readonly Readonly<Record<string, unknown>>[];
}

/**
 * Takes apart what `virsh domxml-to-native` gives: a line for the shell, quoted by its rules, so
 * the shell itself reads it.
 */
export async function commandLine(native: string): Promise<CommandLine> {
  const script = `printf '%s\\0' ${native}`;
  const { stdout } = await promisify(execFile)("sh", ["-c", script], { maxBuffer: 16 << 20 });
  const words = stdout.split("\0");
  const values = (option: string): string[] =>
    words.flatMap((word, i) => (word === option ? [words[i + 1] ?? ""] : []));
  const objects = (driver: string): Readonly<Record<string, unknown>>[] =>
    [...values("-device"), ...values("-object")]
      .filter((text) => text.startsWith("{"))
      .map((text): Record<string, unknown> => JSON.parse(text))
      .filter((each) => each["driver"] === driver || each["qom-type"] === driver);
  return { values, objects };
}
