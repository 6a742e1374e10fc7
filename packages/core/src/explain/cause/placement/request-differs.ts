import { advice } from "../../../remedy/remedy.ts";
import { formatBytes } from "../../../unit/bytes.ts";
import { sum, sumOf } from "../../../unit/sum.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { statesOf } from "../../subject/accelerator-states.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";
import { devicesOf, vcpuCount } from "../../subject/yardstick.ts";

/** One thing that a VM or process has, by which two can differ. */
interface Trait {
  readonly name: string;
  /** More is faster; a text where neither is more. Null where it is unknown. */
  readonly of: (subject: Subject) => number | string | null;
  readonly words: (value: number | string) => string;
}

const plain = (value: number | string): string => `${value}`;

/** What counts first comes first: it decides which of the two has less. */
const traits: readonly Trait[] = [
  { name: "accelerators", of: (subject) => countOf(subject, "accelerators"), words: plain },
  { name: "accelerator models", of: modelsOf, words: plain },
  {
    name: "vCPUs",
    of: ({ evidence }) => (evidence.of === "vm" ? vcpuCount(evidence) : null),
    words: plain,
  },
  { name: "memory", of: memoryOf, words: (value) => formatBytes(Number(value)) },
  { name: "NICs", of: (subject) => countOf(subject, "nics"), words: plain },
];

/**
 * Two that were not asked for alike are no twins, and no placement makes them so. Told once, of the
 * one that has less. The memory and the threads of programs that are no VMs differ from minute to
 * minute and say nothing.
 */
export const requestDiffers: Cause = {
  code: "request-differs",
  layer: "hypervisor",
  looksFor: "the two were not asked for alike: vCPUs, memory, devices or their models",
  observable: "shapes, devices, machine.topology.accelerators",
  readFrom: "QEMU's command line, libvirt's XML, /proc/PID/numa_maps",
  acquittedBy: "the same vCPUs, memory, devices and models in both",
  followsFrom: [],
  judge: (subject, twin) => {
    if (twin === null || subject.evidence.of === "machine") return irrelevant;
    const compared = traits.map(({ name, of, words }): Compared => {
      return { name, words, own: of(subject), other: of(twin) };
    });
    const differs = compared.findIndex(({ own, other }) => own !== other);
    const first = compared[differs];
    if (first === undefined) {
      const isKnown = subject.evidence.of !== "vm" || compared.some(isKnownVcpus);
      return isKnown
        ? acquitted("the same vCPUs, memory, devices and models")
        : untold("the vCPUs of neither were read");
    }
    if (first.own === null || first.other === null) {
      return untold(`the ${first.name} of one of the two were not read`);
    }
    const apart = known(compared.slice(differs)).filter(({ own, other }) => own !== other);
    if (first.own > first.other) return acquitted("it has no less than the other");
    const list = (side: "own" | "other"): string =>
      apart.map(({ name, words, [side]: value }) => `${name}: ${words(value)}`).join(", ");
    return accused({
      about: "request",
      expected: `as the other: ${list("other")}`,
      found: list("own"),
      evidence: subject.evidence.shapes.map(({ where }) => where),
      seen: "directly",
      cost: unknownCost,
      remedy: advice(null, "Ask for the same, or compare two that are alike."),
    });
  },
};

interface Compared extends Omit<Trait, "of"> {
  readonly own: number | string | null;
  readonly other: number | string | null;
}

function isKnownVcpus({ name, own }: Compared): boolean {
  return name === "vCPUs" && own !== null;
}

function known(
  compared: readonly Compared[],
): readonly (Compared & { readonly own: number | string; readonly other: number | string })[] {
  return compared.flatMap((one) =>
    one.own === null || one.other === null ? [] : [{ ...one, own: one.own, other: one.other }],
  );
}

function countOf({ evidence, machine }: Subject, of: "accelerators" | "nics"): number | null {
  const topology = machine?.topology ?? null;
  return topology === null ? null : devicesOf(evidence, topology)[of].length;
}

function modelsOf(subject: Subject): string | null {
  const { evidence, machine } = subject;
  const topology = machine?.topology ?? null;
  if (topology === null) {
    const states = statesOf(subject) ?? [];
    const names = states.flatMap(({ productName }) => productName ?? []);
    const isWhole = names.length > 0 && names.length === states.length;
    return isWhole ? names.toSorted().join(" + ") : null;
  }
  const own = new Set(devicesOf(evidence, topology).accelerators);
  const all = topology.accelerators.filter(({ address }) => own.has(address));
  const models = all.flatMap(({ model, productName }) => model ?? productName ?? []);
  return models.length < all.length ? null : models.toSorted().join(" + ");
}

function memoryOf({ evidence, memory }: Subject): number | null {
  if (evidence.of !== "vm") return null;
  for (const { cells } of evidence.shapes) {
    const sizes = (cells ?? []).flatMap(({ memoryBytes }) => memoryBytes ?? []);
    if (sizes.length > 0 && sizes.length === cells?.length) return sum(sizes);
  }
  return memory === null || memory.length === 0 ? null : sumOf(memory, ({ bytes }) => bytes);
}
