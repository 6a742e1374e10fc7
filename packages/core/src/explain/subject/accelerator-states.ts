import type { AcceleratorState } from "../../evidence/machine-evidence.ts";
import {
  type Accusation,
  accused,
  acquitted,
  irrelevant,
  type Judgement,
  untold,
} from "./cause.ts";
import { hasNone } from "./own-devices.ts";
import type { Subject } from "./subject.ts";
import { devicesOf } from "./yardstick.ts";

/**
 * What the vendor's tool says of the subject's accelerators; null where it was not asked. Of a VM
 * the guest's tool tells, as the host's does not see what is passed through; of a process the
 * machine's, of the accelerators that it has; of a machine all.
 *
 * A record that lists neither the machine's devices nor the subject's has the states of its own.
 */
export function statesOf({ evidence, machine }: Subject): readonly AcceleratorState[] | null {
  const here = machine === null ? null : machine.accelerators;
  if (evidence.of === "machine") return here;
  const { devices, shapes, guest } = evidence;
  const given = new Set([
    ...devices.map(({ address }) => address),
    ...shapes.flatMap((shape) => (shape.devices ?? []).map(({ hostAddress }) => hostAddress)),
  ]);
  const isAll = given.size === 0 && machine?.topology === null;
  const own = (here ?? []).filter(
    ({ address }) => isAll || (given.size > 0 && (address === null || given.has(address))),
  );
  if (evidence.of !== "vm") return here === null ? null : own;
  const inside = guest === null ? null : guest.accelerators;
  const states = [...(inside ?? []), ...own];
  return inside === null && states.length === 0 ? null : states;
}

/** Judges the states of the subject's accelerators. One that has none is no matter for it. */
export function judgeStates(
  subject: Subject,
  judge: (states: readonly AcceleratorState[]) => Judgement,
): Judgement {
  const states = statesOf(subject);
  if (states !== null) return states.length === 0 ? irrelevant : judge(states);
  const { evidence, topology } = subject;
  const isWithout =
    topology !== null && evidence.of !== "machine"
      ? devicesOf(evidence, topology).accelerators.length === 0
      : hasNone(subject) || topology?.accelerators.length === 0;
  if (isWithout) return irrelevant;
  if (!mayBeNvidias(subject))
    return untold("only NVIDIA's tool is read, and it has no GPU of theirs");
  return untold(`nvidia-smi -q -x${evidence.of === "vm" ? " in the guest" : ""} was not read`);
}

/** Whether any of the subject's accelerators is NVIDIA's, or nobody told. */
function mayBeNvidias({ evidence, topology }: Subject): boolean {
  if (topology === null) return true;
  const own = evidence.of === "machine" ? topology : devicesOf(evidence, topology);
  const addresses = new Set(
    own.accelerators.map((one) => (typeof one === "string" ? one : one.address)),
  );
  return topology.pci.some(({ address, vendor }) => {
    return addresses.has(address) && (vendor === null || vendor === "10de");
  });
}

/**
 * Judges each accelerator by itself.
 *
 * @param look what is wrong, or what is in order as a sentence, or null where that is not told.
 * @param field what the tool has to say for it, in words.
 */
export function judgeEach(
  states: readonly AcceleratorState[],
  field: string,
  look: (state: AcceleratorState) => Accusation | string | null,
): Judgement {
  const looks = states.map((state) => ({ state, look: look(state) }));
  const wrong = looks.flatMap((one) => (typeof one.look === "object" ? (one.look ?? []) : []));
  if (wrong.length > 0) return accused(...wrong);
  const silent = looks.filter((one) => one.look === null).map(({ state }) => nameOf(state));
  if (silent.length > 0) return untold(`nvidia-smi says nothing of ${field} of ${named(silent)}`);
  return acquitted(
    [...new Set(looks.flatMap((one) => (typeof one.look === "string" ? [one.look] : [])))].join(
      ", ",
    ),
  );
}

/** A GPU's address, or its number, for people. */
export function nameOf({ address, index }: AcceleratorState): string {
  return address ?? (index === null ? "a GPU" : `GPU ${index}`);
}

function named(names: readonly string[]): string {
  return names.length <= 2 ? names.join(" and ") : `${names[0]} and ${names.length - 1} more`;
}

/**
 * The twin's accelerators of the same product; empty where there is no twin, or nobody asked it.
 */
export function likeIn(twin: Subject | null, state: AcceleratorState): readonly AcceleratorState[] {
  const states = twin === null ? null : statesOf(twin);
  return (states ?? []).filter(({ productName }) => productName === state.productName);
}

/**
 * Whether it computes now; null where nothing tells. One that does not has low clocks and a slow
 * link by right.
 */
export function isAtWork(state: AcceleratorState): boolean | null {
  if (state.throttleReasons?.includes("Idle") === true) return false;
  if (state.utilizationPercent !== null) return state.utilizationPercent >= busyPercent;
  return isFast(state);
}

const busyPercent = 10;

/**
 * Whether its link and clocks are at the speed of work: in P0 to P2, or where no state is told,
 * kept busy. Null where nothing tells: one with little to do may be fast or slow.
 */
export function isFast({ performanceState, utilizationPercent }: AcceleratorState): boolean | null {
  if (performanceState !== null) return /^P[0-2]$/.test(performanceState);
  return utilizationPercent !== null && utilizationPercent >= keptBusyPercent ? true : null;
}

const keptBusyPercent = 50;
