import { words } from "./terminal-text.ts";
import { gpusIn, isPeerStatus, isSelf, isUnknown } from "./topo-words.ts";

/** A matrix of `nvidia-smi topo -p2p`. */
export interface PeerMatrix {
  /** What was asked, where the command stands above: `r`, `w`, `n`, `a` or `p`. */
  readonly capability: string | null;
  /** The numbers of its GPUs, ascending. */
  readonly gpus: readonly number[];
  /** `OK`, `CNS`… by the numbers of two GPUs, in the order of the rows. */
  readonly statuses: readonly (readonly [number, number, string])[];
}

/** What the tool is asked by each letter. */
const capabilities: ReadonlyMap<string, string> = new Map([
  ["r", "read"],
  ["w", "write"],
  ["n", "NVLink"],
  ["a", "atomics"],
  ["p", "PCI Express"],
]);

/** More than any machine has. The limit bounds the work that is quadratic in the GPUs. */
const gpusMax = 512;

/**
 * Finds the matrices of `nvidia-smi topo -p2p`, which say whether two GPUs may access each other's
 * memory; how they are connected is not in them, except that over NVLink they can (`-p2p n`). The
 * letter that was asked stands only in the command. Rows may be missing.
 */
export function peerMatrices(lines: readonly string[]): PeerMatrix[] {
  const found: {
    capability: string | null;
    gpus: Set<number>;
    statuses: [number, number, string][];
  }[] = [];
  let asked: string | null = null;
  let columns: readonly number[] = [];
  let open = false;
  for (const line of lines) {
    const command = /\btopo(?:logy)? {1,4}(?:-p2p|--p2pstatus)[ =]{1,4}([a-z]{1,4})\b/.exec(line);
    if (command !== null) {
      asked = command[1] ?? null;
      open = false;
      continue;
    }
    const cells = words(line.slice(0, lineMax));
    const labels = cells.flatMap(gpusIn).map((label) => Number(label.slice(3)));
    if (labels.length > 0 && labels.length >= cells.length) {
      columns = labels.slice(0, gpusMax);
      open = false;
      continue;
    }
    const [row] = labels;
    const own = cells.slice(1);
    if (row === undefined || gpusIn(cells[0] ?? "").length !== 1 || !own.every(isPeerCell))
      continue;
    if (!own.some(isPeerStatus)) continue;
    if (!open) found.push({ capability: asked, gpus: new Set(columns), statuses: [] });
    if (!open) asked = null;
    open = true;
    const into = found.at(-1);
    into?.gpus.add(row);
    for (const [i, word] of own.entries()) {
      const column = columns[i] ?? i;
      if (column !== row && isPeerStatus(word)) into?.statuses.push([row, column, word]);
    }
  }
  return found
    .filter(({ gpus }) => gpus.size <= gpusMax)
    .map(({ gpus, ...rest }) => ({ ...rest, gpus: [...gpus].toSorted((a, b) => a - b) }));
}

/** Longer lines are no matrix. */
const lineMax = 8192;

function isPeerCell(word: string): boolean {
  return isPeerStatus(word) || isSelf(word) || isUnknown(word) || word === "U";
}

/** Each pair of GPUs that can access each other over NVLink. */
export function nvlinkPairs(
  matrices: readonly PeerMatrix[],
): readonly (readonly [number, number])[] {
  const pairs = new Map<string, readonly [number, number]>();
  for (const { capability, statuses } of matrices) {
    if (capability !== "n") continue;
    for (const [a, b, status] of statuses) {
      if (status === "OK")
        pairs.set(`${Math.min(a, b)} ${Math.max(a, b)}`, [Math.min(a, b), Math.max(a, b)]);
    }
  }
  return [...pairs.values()];
}

/** What the matrices say, in words: a topology has no place for it. */
export function peerAccess(matrices: readonly PeerMatrix[]): string[] {
  return matrices.map(({ capability, statuses }) => {
    const kind = (capability ?? "").split("").map((letter) => capabilities.get(letter) ?? letter);
    const what = `peer-to-peer access${kind.length === 0 ? "" : ` (${kind.join(" and ")})`}`;
    const refused = statuses.filter(([, , status]) => status !== "OK");
    const [first] = refused;
    if (first === undefined) return `${what}: OK between all GPUs`;
    const each = new Set(refused.map(([, , status]) => status));
    const every = refused.length === statuses.length && each.size === 1;
    const [a, b, status] = first;
    return every
      ? `${what}: ${status} between all GPUs`
      : `${what}: ${status} between GPU${a} and GPU${b}` +
          (refused.length > 1 ? ` and ${refused.length - 1} more that are not OK` : "");
  });
}
