import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, onTestFinished } from "vitest";

/** A temporary folder for a test or for the tests of one file, removed afterwards. */
export function scratchFolder(parent: string = tmpdir()): string {
  const folder = mkdtempSync(join(parent, "evenkeel-test-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  if (expect.getState().currentTestName === undefined) afterAll(remove, 60_000);
  else onTestFinished(remove, 60_000);
  return folder;
}

/** A folder where thousands of small files are fast: in memory, if there is room. */
export function roomInMemory(): string {
  if (!existsSync("/dev/shm")) return tmpdir();
  const { bavail, bsize } = statfsSync("/dev/shm");
  return bavail * bsize > 512 * 1024 * 1024 ? "/dev/shm" : tmpdir();
}
