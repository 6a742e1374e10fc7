import type { Tree } from "../tree/tree.ts";

/** IORESOURCE_MEM in include/linux/ioport.h. */
const memoryFlag = 0x200n;
/** A function has six base address registers; the seventh line is its expansion ROM. */
const barsMax = 6;

/**
 * The sizes of a function's memory BARs in their order, from `resource`: one line `start end flags`
 * for each of the six registers, then lines for the expansion ROM, a bridge's windows and SR-IOV.
 * Only the registers count, because a guest must find room for them. An I/O port BAR is not memory,
 * and the upper half of a 64-bit BAR has an empty line.
 *
 * Null where the file is missing or malformed.
 */
export function readMemoryBars(tree: Tree, path: string): number[] | null {
  const text = tree.readText(`${path}/resource`);
  if (text === null || text === "") return null;
  const sizes: number[] = [];
  for (const line of text.split("\n").slice(0, barsMax)) {
    if (line === "") break;
    const match = /^0x([0-9a-f]{1,16}) 0x([0-9a-f]{1,16}) 0x([0-9a-f]{1,16})$/i.exec(line.trim());
    if (match === null) return null;
    const [start, end, flags] = match.slice(1).map((digits) => BigInt(`0x${digits}`));
    if (start === undefined || end === undefined || flags === undefined) return null;
    if ((flags & memoryFlag) === 0n) continue;
    const size = Number(end - start + 1n);
    if (!Number.isSafeInteger(size) || size <= 0) return null;
    sizes.push(size);
  }
  return sizes;
}
