import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { HeldMemory } from "@evenkeel/core/plan/holding.ts";
import { parseList } from "@evenkeel/core/set/list-format.ts";
import { emptySet, indices } from "@evenkeel/core/set/index-set.ts";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { parseNumaMaps } from "../procfs/parse-memory.ts";
import { readMemory, readNumaMaps } from "../procfs/read-memory.ts";
import { qemuOptions } from "../qemu/command-line.ts";
import { backendsOf } from "../qemu/shape.ts";
import { memoryField } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";
import type { Emulator } from "./emulators.ts";

/**
 * How much base memory of all VMs is looked at by node. The kernel needs up to 15 ms for each GiB,
 * and holds up the VM meanwhile. What is beyond it stays unknown here, and a start still compares
 * what it needs with what each node has free.
 */
export const lookedAtBytes = 128 * GiB;

/** The base pages that a process has in memory. Huge pages cost next to nothing to look at. */
export function basePageBytes(tree: Tree, pid: number): number {
  const status = tree.readText(`/proc/${pid}/status`);
  const parts = ["RssAnon", "RssShmem"].map((name) => memoryField(status, name));
  return sumOf(
    parts.filter((bytes) => bytes !== null),
    (bytes) => bytes,
  );
}

/**
 * The memory of an emulator by node and size of page: what is there, and all of a backend that is
 * bound to one node, since the rest of it can be nowhere else.
 *
 * Any user can start a QEMU with as many backends and mappings as they like, and must not hold up
 * a command of root with them. So of a user who runs no VMs only what is there counts, and nothing
 * of a process with too many mappings.
 */
export function heldMemory(tree: Tree, emulator: Emulator): readonly HeldMemory[] {
  try {
    return memoryOf(tree, emulator);
  } catch (error) {
    if (error instanceof EvenkeelError && error.code === "file-too-large") return [];
    throw error;
  }
}

/** A QEMU has some thousand mappings, of a hundred characters each. */
const othersMost = MiB;

function memoryOf(
  tree: Tree,
  { pid, arguments: words, isTrusted }: Emulator,
): readonly HeldMemory[] {
  const maps = readNumaMaps(tree, pid) ?? "";
  if (!isTrusted && maps.length > othersMost) return [];
  const present = parseNumaMaps(maps).flatMap(({ pageBytes, onNodes }) =>
    pageBytes === null ? [] : onNodes.map((part) => ({ ...part, pageBytes })),
  );
  const options = isTrusted ? qemuOptions(words) : [];
  const backends = backendsOf(options).map((one) => ({ ...one, cell: null }));
  const mappings = backends.length === 0 ? [] : (readMemory(tree, pid, backends, [], maps) ?? []);
  const toCome = mappings.flatMap(({ bytes, pageBytes, policy, onNodes }): HeldMemory[] => {
    const bound = policy?.mode === "bind" ? indices(parseList(policy.nodes) ?? emptySet) : [];
    const [node, ...others] = bound;
    if (node === undefined || others.length > 0 || pageBytes === null) return [];
    return [{ node, pageBytes, bytes: bytes - sumOf(onNodes, (part) => part.bytes) }];
  });
  const all = Map.groupBy([...present, ...toCome], (part) => `${part.node} ${part.pageBytes}`);
  return [...all.values()].flatMap((parts) => {
    const bytes = sumOf(parts, (part) => part.bytes);
    const [first] = parts;
    return first === undefined || bytes <= 0 ? [] : [{ ...first, bytes }];
  });
}
