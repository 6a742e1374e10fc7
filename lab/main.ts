import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { guestImage } from "./prepare/guest-image.ts";
import { ensureLabPackages } from "./prepare/packages.ts";
import { productImage, productVariable } from "./prepare/product-image.ts";
import { rootImage } from "./prepare/root-image.ts";

/**
 * `npm run lab [-- [--quick] [SCENARIO…]]`: boots emulated hosts with several NUMA nodes and tests
 * Evenkeel on them, with real libvirt, QEMU and guests. `--quick` runs only the scenarios of a few
 * minutes; a SCENARIO is part of a file's name. The last line has the counts.
 */
const { values, positionals: wanted } = parseArgs({
  options: { quick: { type: "boolean", default: false } },
  allowPositionals: true,
});

ensureLabPackages();
// Built before any test, so that a first build does not count as a test's time.
await rootImage();
const product = await productImage();
await guestImage();

const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "evenkeel-lab-report-"));
try {
  const file = join(folder, "report.json");
  const options = ["--reporter=verbose", "--reporter=json", `--outputFile.json=${file}`];
  const config = join(import.meta.dirname, "vitest.config.ts");
  const { status } = spawnSync(
    process.execPath,
    [join(root, "node_modules/vitest/vitest.mjs"), "run", "-c", config, ...options, ...wanted],
    {
      cwd: import.meta.dirname,
      stdio: "inherit",
      env: {
        ...process.env,
        [productVariable]: product,
        EVENKEEL_LAB: values.quick ? "quick" : "full",
      },
    },
  );
  const report: {
    readonly numPassedTests: number;
    readonly numFailedTests: number;
    readonly numPendingTests: number;
  } = JSON.parse(readFileSync(file, "utf8"));
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = report;
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = status === 0 && failed === 0 && passed > 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
