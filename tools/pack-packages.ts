import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { buildPackages, packageNames } from "./build-packages.ts";

/** A package as a tarball that npm installs. */
export interface Packed {
  /** As it is installed: `@evenkeel/core`. */
  readonly name: string;
  readonly filename: string;
  readonly size: number;
  /** How many files are in it. */
  readonly entryCount: number;
}

/** Builds every package and writes its tarball to a folder, as `npm pack` would one by one. */
export function packPackages(folder: string): readonly Packed[] {
  buildPackages(packageNames);
  mkdirSync(folder, { recursive: true });
  const workspaces = packageNames.flatMap((name) => ["--workspace", `packages/${name}`]);
  const destination = ["--pack-destination", folder];
  const printed = npm("pack", "--json", "--ignore-scripts", ...destination, ...workspaces);
  const packed: Readonly<Record<string, Packed>> = JSON.parse(printed);
  return Object.values(packed);
}

/** Runs npm in the repository, as the npm that started this process where one did. */
export function npm(...args: readonly string[]): string {
  const script = process.env["npm_execpath"];
  const [file, ...before] = script?.endsWith(".js") ? [process.execPath, script] : ["npm"];
  const { status, stdout, stderr } = spawnSync(file, [...before, ...args], {
    cwd: join(import.meta.dirname, ".."),
    encoding: "utf8",
  });
  if (status === 0) return stdout;
  throw new Error(`npm ${args.join(" ")} failed:\n${stdout}${stderr}`);
}
