import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { joined } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import { pciDirectory } from "./pci.ts";

/** Directories of `/sys/devices` that contain no PCI devices. */
const elsewhere: ReadonlySet<string> = new Set(["system", "virtual", "cpu", "breakpoint"]);
/** Host bridges are below one or two platform devices on Arm and in Hyper-V guests. */
const depthMax = 8;
const directoriesMax = 65_536;

/**
 * Adds `/sys/bus/pci/devices`, a directory of links to the functions, to a tree that lacks it. A
 * recording of `/sys/devices` alone has the functions but not the links, and one that was copied
 * without links has directories in their place. The functions are then searched below every host
 * bridge and shown in place of the links.
 *
 * The cost is one listing for each directory down to the host bridges and below them.
 */
export function withPciBus(tree: Tree): Tree {
  const listed = tree.list(pciDirectory);
  const isCopied = listed.every((name) => {
    const path = joined(pciDirectory, name);
    return tree.realPath(path) === path;
  });
  if (listed.length > 0 && !isCopied) return tree;
  const places = placesOfFunctions(tree);
  if (places.size === 0) return tree;
  const moved = (path: string): string => {
    if (!path.startsWith(`${pciDirectory}/`)) return path;
    const [address = "", ...below] = path.slice(pciDirectory.length + 1).split("/");
    const place = places.get(address);
    return place === undefined ? path : [place, ...below].join("/");
  };
  return {
    where: tree.where,
    live: tree.live,
    readText: (path) => tree.readText(moved(path)),
    readBytes: (path) => tree.readBytes(moved(path)),
    list: (path) =>
      path === pciDirectory
        ? [...new Set([...listed, ...places.keys()])].toSorted()
        : tree.list(moved(path)),
    realPath: (path) => tree.realPath(moved(path)),
    readLink: (path) => tree.readLink(moved(path)),
  };
}

/** The path of each PCI function by its address; of two with one address, the first. */
function placesOfFunctions(tree: Tree): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  let visited = 0;
  const visit = (path: string, depth: number, inPci: boolean): void => {
    if (depth > depthMax || ++visited > directoriesMax) return;
    for (const name of tree.list(path)) {
      const below = joined(path, name);
      const isFunction = inPci && isPciAddress(name);
      const isRoot = /^pci[0-9a-f]{4,8}:[0-9a-f]{2}$/.test(name);
      // Below a host bridge, only functions and host bridges of further domains contain functions.
      if (inPci ? !isFunction && !isRoot : elsewhere.has(name)) continue;
      // A link leads to a directory that is found elsewhere.
      if (tree.readLink(below) !== null) continue;
      if (isFunction && !places.has(name)) places.set(name, below);
      visit(below, isFunction || isRoot ? 0 : depth + 1, inPci || isRoot);
    }
  };
  visit("/sys/devices", 0, false);
  return places;
}
