import { readFileSync } from "node:fs";

/** The shell script for guests without Node. */
export const reportScript = (): string =>
  readFileSync(new URL(import.meta.resolve("@evenkeel/host/guest-check/report.sh")), "utf8");
