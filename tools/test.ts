import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureDebianPackages } from "./debian-packages.ts";
import { formatted } from "./formatted.ts";
import { ensureNode22 } from "./node-22.ts";

/**
 * The whole check of the project: types, lint, format, dead code, then every test. All steps run
 * even when one fails, so that one run tells everything; the last line counts the tests.
 */
const root = join(import.meta.dirname, "..");
const started = performance.now();
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Runs a program of `node_modules` and says in one line how it went; its output if badly. */
function step(title: string, program: string, ...args: string[]): boolean {
  const begun = performance.now();
  process.stdout.write(`${title} … `);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "node_modules", program), ...args],
    { cwd: root, encoding: "utf8" },
  );
  console.log(`${status === 0 ? "ok" : "FAILED"} (${seconds(begun)})`);
  if (status !== 0) console.log(`${stdout}${stderr}`);
  return status === 0;
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly success: boolean;
}

/** Runs the tests with their progress on the screen, and counts them from vitest's own report. */
function runTests(only: readonly string[]): VitestReport {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-test-"));
  const file = join(folder, "report.json");
  try {
    spawnSync(
      process.execPath,
      [
        join(root, "node_modules/vitest/vitest.mjs"),
        "run",
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${file}`,
        ...only,
      ],
      { cwd: root, stdio: "inherit" },
    );
    const report: VitestReport = JSON.parse(readFileSync(file, "utf8"));
    return report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const only = process.argv.slice(2);
ensureDebianPackages();
ensureNode22();
const steps = [
  step("Types (tsc)", "typescript/bin/tsc", "-p", "."),
  step("Lint (oxlint, type-aware)", "oxlint/bin/oxlint"),
  step("Format (oxfmt)", "oxfmt/bin/oxfmt", "--check", ...formatted()),
  step("Dead code (knip)", "knip/bin/knip.js"),
];
const tests = runTests(only);
const failed = tests.numFailedTests + steps.filter((passed) => !passed).length;
const passed = tests.numPassedTests + steps.filter((passing) => passing).length;
console.log(`Everything took ${seconds(started)}.`);
console.log(`${passed} passed, ${failed} failed, ${tests.numPendingTests} skipped`);
process.exitCode = failed === 0 && tests.success ? 0 : 1;
