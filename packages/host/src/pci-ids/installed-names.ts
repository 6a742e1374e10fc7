import type { Tree } from "../tree/tree.ts";

/** Where distributions have the PCI ID database (https://pci-ids.ucw.cz/); the first counts. */
export const databasePaths = [
  "/usr/share/misc/pci.ids",
  "/usr/share/hwdata/pci.ids",
  "/usr/share/pci.ids",
] as const;

/** A PCI device by its ids: `10de:1c03`. */
export type PciIds = `${string}:${string}`;

/**
 * The lines of the database that name a device: its vendor's, then its own. None where it does not
 * know it. The file has a line for each vendor, and below it one for each of its devices, indented
 * by a tab; further lines have two.
 */
export function linesOf(database: string, ids: PciIds): readonly string[] {
  const [vendor = "", device = ""] = ids.split(":");
  const text = `\n${database}`;
  const start = text.indexOf(`\n${vendor}  `);
  if (start < 0) return [];
  const next = /\n[^\t#\n]/g;
  next.lastIndex = start + 1;
  const block = text.slice(start, next.exec(text)?.index ?? text.length);
  const at = block.indexOf(`\n\t${device}  `);
  if (at < 0) return [];
  const lineAt = (from: number): string => block.slice(from).split("\n", 1).join("");
  return [lineAt(1), lineAt(at + 1)];
}

/**
 * The name of a device's product in the installed database: `GeForce GTX 1060 6GB` of `GP106
 * [GeForce GTX 1060 6GB]`, and the whole name where it has no brackets. Null where the database is
 * not installed, or does not know the device.
 */
export function installedName(tree: Tree, ids: PciIds): string | null {
  for (const path of databasePaths) {
    const database = tree.readText(path);
    if (database === null) continue;
    const [, line] = linesOf(database, ids);
    const [, name = ""] = /^\t[0-9a-f]{4} {2}(.{1,256})$/.exec(line ?? "") ?? [];
    const [, product = name] = /\[([^[\]]+)\]$/.exec(name) ?? [];
    return product === "" ? null : product;
  }
  return null;
}
