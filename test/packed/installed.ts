import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { packPackages } from "../../tools/pack-packages.ts";

const root = join(import.meta.dirname, "../..");

/** The packages as they are packed, installed in a folder outside the repository. */
export interface Installed {
  readonly folder: string;
  /** The names of the packages, `core` for `@evenkeel/core`. */
  readonly names: readonly string[];
  /** The files of each package. */
  readonly files: ReadonlyMap<string, readonly string[]>;
}

/**
 * Packs every package and unpacks the tarballs as npm would install them, without a registry: what
 * they depend on is linked from the repository's own `node_modules`, and only what they name.
 */
export function installPacked(folder: string): Installed {
  const files = new Map<string, readonly string[]>();
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const tarballs = join(folder, "tarballs");
  for (const { name, filename } of packPackages(tarballs)) {
    const home = join(folder, "node_modules", name);
    mkdirSync(home, { recursive: true });
    tar("-xzf", join(tarballs, filename), "-C", home, "--strip-components=1");
    for (const needed of dependenciesOf(home)) link(folder, needed);
    files.set(name.replace("@evenkeel/", ""), filesBelow(home));
  }
  return { folder, names: [...files.keys()], files };
}

/**
 * Links a package of the repository's `node_modules` into the folder, if that has not been done.
 */
export function link(folder: string, name: string): void {
  const target = join(folder, "node_modules", name);
  if (existsSync(target)) return;
  mkdirSync(join(target, ".."), { recursive: true });
  symlinkSync(join(root, "node_modules", name), target);
}

/** What a program printed and how it ended, run in the folder. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

export function run(folder: string, program: string, ...args: readonly string[]): Ran {
  const { stdout, stderr, status } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
  return { stdout, stderr, status };
}

/** The examples of a README: each of its blocks of TypeScript. */
export function examplesIn(text: string): readonly string[] {
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
}

function dependenciesOf(home: string): readonly string[] {
  const text = readFileSync(join(home, "package.json"), "utf8");
  const { dependencies }: { readonly dependencies: Readonly<Record<string, string>> } =
    JSON.parse(text);
  return Object.keys(dependencies).filter((name) => !name.startsWith("@evenkeel/"));
}

function filesBelow(home: string): readonly string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(home.length + 1))
    .toSorted();
}

function tar(...args: readonly string[]): void {
  const { status, stderr } = spawnSync("tar", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`tar ${args.join(" ")}: ${stderr}`);
}
