import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { interleave } from "./interleave.ts";
import { type Row, row } from "./report.ts";

/** The time of short `evenkeel` commands, compared with a Node that does nothing. */
export function benchStartup(): readonly Row[] {
  const binary = join(import.meta.dirname, "../packages/cli/bin/evenkeel.mjs");
  const run = (name: string, ...args: string[]) => ({
    name,
    run: () => void spawnSync(process.execPath, args),
  });
  const [node, version, help, draw] = interleave(
    [
      run("node -e 0", "-e", "0"),
      run("evenkeel --version", binary, "--version"),
      run("evenkeel --help", binary, "--help"),
      run("evenkeel topology", binary, "topology", "--from", "machine:hgx-h100"),
    ],
    15,
  );
  if (!node || !version || !help || !draw) return [];
  return [
    row("startup", node, node, null),
    row("startup", version, node, 3),
    row("startup", help, node, null),
    row("startup", draw, node, null),
  ];
}
