import { spawnSync } from "node:child_process";
import { join } from "node:path";

/**
 * The time of the edition that a checkout makes, in seconds since 1970: that of its last commit, or
 * SOURCE_DATE_EPOCH where that is set (https://reproducible-builds.org/specs/source-date-epoch/).
 */
export function editionEpoch(): number {
  const given = process.env["SOURCE_DATE_EPOCH"];
  if (given) return Number(given);
  const cwd = join(import.meta.dirname, "..");
  const log = spawnSync("git", ["log", "-1", "--format=%ct"], { cwd, encoding: "utf8" });
  if (log.status === 0) return Number(log.stdout);
  throw new Error("this is no git checkout: set SOURCE_DATE_EPOCH to the time of the edition");
}
