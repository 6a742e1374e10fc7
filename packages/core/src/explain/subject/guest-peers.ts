import { interconnects, isDirect } from "../../topology/interconnect.ts";
import type { GuestView } from "./guest-view.ts";
import { passedDevices } from "./guest-view.ts";
import { portsAbove } from "./guest-ports.ts";
import type { Subject } from "./subject.ts";
import { devicesOf } from "./yardstick.ts";

/** Two devices of a VM that share a PCIe switch on the host. */
export type Pair = readonly [string, string];

/**
 * The pairs of accelerators, or of an accelerator and a NIC, below one switch of the host, by the
 * host's addresses. Accelerators with direct links need no switch. Null where the machine was not
 * read.
 */
export function pairsOnSwitch({ evidence, machine }: Subject): readonly Pair[] | null {
  // A sketch has no switches.
  const topology = machine?.topology ?? null;
  if (topology === null) return null;
  const { accelerators, nics } = devicesOf(evidence, topology);
  const between = interconnects(topology);
  return accelerators.flatMap((one, i) =>
    [...accelerators.slice(i + 1), ...nics].flatMap((other): Pair[] => {
      const name = between(one, other);
      if (name === null || isDirect(name)) return [];
      return name === "PIX" || name === "PXB" ? [[one, other]] : [];
    }),
  );
}

/**
 * Whether the guest is shown a switch for each of these pairs: a bus above both of them, below the
 * root. Null where nothing tells. Without the hypervisor's word, by the guest's own addresses, any
 * accelerator that shares a port with another device counts.
 */
export function showsSwitches(
  subject: Subject,
  view: GuestView,
  pairs: readonly Pair[],
): boolean | null {
  const shape = subject.evidence.shapes.find(({ devices }) => (devices ?? []).length > 0);
  if (shape !== undefined) {
    // The last is the root or an expander; buses between are those of ports and switches.
    const above = new Map(
      (shape.devices ?? []).map((one) => [one.hostAddress, new Set(one.above.slice(0, -1))]),
    );
    return pairs.every(([one, other]) => {
      const [a, b] = [above.get(one), above.get(other)];
      return a !== undefined && b !== undefined && !a.isDisjointFrom(b);
    });
  }
  const ports = view.report?.ports ?? null;
  const passed = passedDevices(subject, view);
  if (ports === null || passed === null) return null;
  const portsOf = portsAbove(ports);
  return passed.some(
    ({ kind, shown }) =>
      kind === "accelerator" &&
      passed.some(
        (other) =>
          other.shown !== shown &&
          portsOf(other.shown.address).some((port) => portsOf(shown.address).includes(port)),
      ),
  );
}
