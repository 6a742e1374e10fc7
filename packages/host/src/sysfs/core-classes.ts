import { classifyCores, type CoreFacts } from "@evenkeel/core/topology/classify-cores.ts";
import { indices, intersection, isEmpty, type IndexSet } from "@evenkeel/core/set/index-set.ts";
import { parseList, setOf } from "@evenkeel/core/set/list-format.ts";
import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import type { CoreParts } from "@evenkeel/core/topology/build.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import type { Tree } from "../tree/tree.ts";
import { cpuDirectory } from "./processors.ts";
import { readIndex, readLine } from "./values.ts";

/**
 * Reads the class of each core.
 *
 * The kernel tells kinds of cores as PMUs of their own (`/sys/devices/cpu_core`, `cpu_atom`: hybrid
 * processors of Intel), as `cpu/types` (a form that some kernels had before) and as the identity
 * register of ARM (MIDR: implementer and part; its variant and revision make no kind). Intel's
 * `base_frequency` is higher on cores of priority (SST-BF); the classes of service of SST-CP are
 * behind a device that no file shows. `cpu_capacity` compares cores of any kind.
 *
 * A core's facts are those of its lowest CPU: threads of a core do not differ in them.
 */
export function withClasses(tree: Tree, cores: readonly CoreParts[]): CoreParts[] {
  const kinds = kindSets(tree);
  const facts = cores.map((core) => coreFacts(tree, setOf(core.cpus), kinds));
  const classes = classifyCores(facts);
  return cores.map((core, i) => ({ ...core, class: at(classes, i) }));
}

interface KindSet {
  readonly name: string;
  readonly cpus: IndexSet;
}

const typesDirectory = `${cpuDirectory}/types`;

/**
 * The CPUs of each kind, where the kernel lists them by kind. What is no set of CPUs is no kind: a
 * machine can be read without.
 */
function kindSets(tree: Tree): readonly KindSet[] {
  const pmus = tree.list("/sys/devices").filter((name) => name.startsWith("cpu_"));
  const listed = [
    ...pmus.map((name) => ({ name, set: listIn(tree, `/sys/devices/${name}/cpus`) })),
    ...tree.list(typesDirectory).map((name) => {
      const type = `${typesDirectory}/${name}`;
      const mask = readLine(tree, `${type}/cpumap`);
      const set = listIn(tree, `${type}/cpulist`) ?? (mask === null ? null : parseMask(mask));
      return { name, set };
    }),
  ];
  return listed.flatMap(({ name, set }) =>
    set === null || isEmpty(set) ? [] : [{ name, cpus: set }],
  );
}

function listIn(tree: Tree, path: string): IndexSet | null {
  const line = readLine(tree, path);
  return line === null ? null : parseList(line);
}

function coreFacts(tree: Tree, cpus: IndexSet, kinds: readonly KindSet[]): CoreFacts {
  const cpu = `${cpuDirectory}/cpu${indices(cpus)[0]}`;
  const listed = kinds.find((kind) => !isEmpty(intersection(kind.cpus, cpus)));
  return {
    kind: listed?.name ?? partOf(tree, cpu),
    baseFrequency: readIndex(tree, `${cpu}/cpufreq/base_frequency`),
    capacity: readIndex(tree, `${cpu}/cpu_capacity`),
    maxFrequency: readIndex(tree, `${cpu}/cpufreq/cpuinfo_max_freq`),
  };
}

/** The implementer and the part in ARM's MIDR_EL1: `0x41:0xd85`. */
function partOf(tree: Tree, cpu: string): string | null {
  const register = readLine(tree, `${cpu}/regs/identification/midr_el1`) ?? "";
  const digits = /^0x[0-9a-f]{0,8}([0-9a-f]{8})$/.exec(register)?.[1];
  if (digits === undefined) return null;
  const midr = Number.parseInt(digits, 16);
  return `0x${(midr >>> 24).toString(16)}:0x${((midr >>> 4) & 0xfff).toString(16)}`;
}
