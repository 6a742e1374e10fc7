import { EvenkeelError } from "../error/evenkeel-error.ts";
import { planContradictions } from "../plan/check/plan-consistency.ts";
import type { Cell, Plan } from "../plan/plan.ts";
import { indexSet } from "../set/index-set.ts";
import { formatList } from "../set/list-format.ts";
import { at } from "../unit/list.ts";
import { cpuTopology } from "./cpu-topology.ts";
import { guestDistances } from "./distances.ts";
import { type Guest, type GuestArchitecture, guestArchitectures, type GuestCell } from "./guest.ts";
import { type HypervisorLimits, qemu72 } from "./limits.ts";
import { allMemoryNodes, guestMemory, hugepageBytes, memoryBinding } from "./memory.ts";
import { mmioWindow } from "./mmio-window.ts";
import { guestName, guestUuid } from "./name.ts";
import { pciExpanders } from "./pci-tree.ts";
import type { PciForm } from "./ports.ts";
import { guestLinks, noteDevices, portNotes } from "./pci-notes.ts";
import { unsupported } from "./unsupported.ts";
import { sum, sumOf } from "../unit/sum.ts";

/** What the guest depends on beside the plan. */
export interface GuestOptions {
  /** The architecture, for plans without one; a plan's own wins. */
  readonly architecture?: GuestArchitecture | undefined;
  /** The limits of the hypervisor that will run it; QEMU 7.2's by default. */
  readonly limits?: HypervisorLimits | undefined;
  /** Whether the guest sees switches, or the speed of links: `ports` by default. */
  readonly pci?: PciForm | undefined;
}

/**
 * The guest that a plan describes: everything it is shown, and where each part lies on the host.
 * The plan alone decides it; equal plans give equal guests.
 *
 * Errors: `plan-inconsistent` for a plan that contradicts itself, `request-invalid` for names that
 * no hypervisor takes, `render-unsupported` for what is beyond the hypervisor's limits.
 */
export function guestFromPlan(plan: Plan, options: GuestOptions = {}): Guest {
  checkConsistent(plan);
  const limits = options.limits ?? qemu72;
  const architecture = guestArchitecture(plan, options);
  checkCounts(plan, architecture, limits);
  const notes = new Set<string>();
  const note = (text: string): void => void notes.add(text);
  const name = guestName(plan.vm, plan.tenant);
  const sizes = guestMemory(plan.cells, limits.memoryGranuleBytes, note);
  const memoryBytes = sum(sizes);
  const distances = guestDistances(plan, note);
  const form = options.pci ?? "ports";
  const window = mmioWindow(plan, memoryBytes, architecture, limits, note, form);
  const pci = { window64Bytes: window.bytes, expanders: pciExpanders(plan, limits, form) };
  noteDevices(plan, pci, note);
  const vcpus = plan.cells.flatMap((cell) => cell.vcpus);
  return {
    name,
    uuid: guestUuid(plan.vm, plan.tenant),
    identity: {
      vm: plan.vm,
      tenant: plan.tenant,
      host: plan.host,
      signature: plan.signature,
      topologyDigest: plan.topologyDigest,
    },
    description: plan.signatureText,
    architecture,
    isolation: plan.isolation,
    cpu: {
      model: plan.cpuModel,
      vcpus: vcpus.length,
      ...cpuTopology(plan, note),
      dedicated: plan.isolation !== "shared",
      features: featuresOf(plan, architecture),
      extendedInterrupts: architecture === "x86_64" && vcpus.length > limits.xapicVcpus,
      addressBits: window.addressBits,
    },
    cells: plan.cells.map((cell, i) =>
      guestCell(cell, at(sizes, i), distances === null ? null : at(distances, i)),
    ),
    vcpuPins: vcpus.map((vcpu) => ({
      id: vcpu.id,
      cpus: "cpu" in vcpu ? `${vcpu.cpu}` : vcpu.cpus,
    })),
    emulatorCpus: plan.emulatorCpus,
    iothreadPins: plan.iothreads.map(({ id, cpus }) => ({ id, cpus })),
    memoryNodes: allMemoryNodes(plan.cells),
    memoryBytes,
    pci,
    links: guestLinks(plan, pci),
    notes: [...notes],
    portNotes: portNotes(pci),
  };
}

function guestCell(
  cell: Cell,
  memoryBytes: number,
  distances: readonly number[] | null,
): GuestCell {
  return {
    id: cell.id,
    cpus: formatList(indexSet(cell.vcpus.map((vcpu) => vcpu.id))),
    memoryBytes,
    pageBytes: cell.pageBytes,
    hugepageBytes: hugepageBytes(cell),
    ...memoryBinding(cell),
    distances,
  };
}

function checkConsistent(plan: Plan): void {
  const [first, ...others] = planContradictions(plan);
  if (first === undefined) return;
  const more = others.length > 0 ? ` (and ${others.length} more like it)` : "";
  throw new EvenkeelError("plan-inconsistent", `${first.path}: ${first.message}${more}`, {
    where: `plan: ${first.path}`,
    expected: "a plan whose parts agree with one another",
    remedy: "place the VM again instead of editing its plan",
  });
}

/** Hygon's CPUs are AMD's in this, as in QEMU. */
function featuresOf({ cpuModel, threadsPerCore }: Plan, architecture: GuestArchitecture): string[] {
  const amd = architecture === "x86_64" && /\b(AMD|Hygon)\b/.test(cpuModel ?? "");
  return amd && threadsPerCore > 1 ? ["topoext"] : [];
}

/**
 * The architecture of a plan's guest.
 *
 * Errors: `render-unsupported` where it is unknown, or no guest of it can be rendered.
 */
export function guestArchitecture(
  plan: Pick<Plan, "architecture">,
  options: Pick<GuestOptions, "architecture"> = {},
): GuestArchitecture {
  const architecture = plan.architecture ?? options.architecture ?? null;
  const known = guestArchitectures.find((one) => one === architecture);
  if (known !== undefined) return known;
  throw unsupported(
    "architecture",
    architecture === null
      ? "the host's architecture is unknown"
      : `no guest of ${architecture} can be rendered`,
    guestArchitectures.join(" or "),
    "give the architecture, or place the VM on a topology that has it",
  );
}

function checkCounts(
  plan: Plan,
  architecture: GuestArchitecture,
  { cells, vcpus, name }: HypervisorLimits,
): void {
  if (plan.cells.length > cells) {
    throw unsupported(
      "cells",
      `the guest would have ${plan.cells.length} nodes`,
      `at most ${cells}, the nodes of ${name}`,
      "ask for a placement on fewer nodes",
    );
  }
  const count = sumOf(plan.cells, (cell) => cell.vcpus.length);
  if (count <= vcpus[architecture]) return;
  throw unsupported(
    "cells",
    `the guest would have ${count} vCPUs`,
    `at most ${vcpus[architecture]}, the most that ${name} runs on ${architecture}`,
    "ask for fewer vCPUs, or render with the limits of a later hypervisor",
  );
}
