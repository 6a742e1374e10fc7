import type { Evidence } from "../../src/evidence/evidence.ts";
import { cleanVm, onMachine } from "./clean.ts";

/**
 * One VM in perfect order over both nodes of the clean machine: what both twins have, each as one
 * node of its guest.
 */
export function twoCellVm(): Evidence {
  const halves = [cleanVm(0), cleanVm(1)];
  const [first] = halves;
  const helpers = (first?.threads ?? []).filter(({ role }) => role?.kind !== "vcpu");
  const vcpus = halves.flatMap(({ threads }, cell) =>
    (threads ?? []).flatMap((thread) =>
      thread.role?.kind === "vcpu"
        ? [{ ...thread, role: { kind: "vcpu", id: thread.role.id + cell * 8 } as const }]
        : [],
    ),
  );
  const whole: Evidence = {
    ...cleanVm(0),
    name: "llm-wide",
    threads: [...helpers, ...vcpus],
    memory: halves.flatMap(({ memory }, cell) =>
      (memory ?? []).map((one) => ({ ...one, cell, backend: `ram-node${cell}` })),
    ),
    devices: halves.flatMap(({ devices }) => devices),
    shapes: (first?.shapes ?? []).map((shape) => ({
      ...shape,
      cells: halves.flatMap(({ shapes }, id) =>
        shapes.flatMap(({ cells }) =>
          (cells ?? []).map((cell) => ({
            ...cell,
            id,
            cpus: id === 0 ? "0-7" : "8-15",
            backend: `ram-node${id}`,
            distances: id === 0 ? [10, 20] : [20, 10],
          })),
        ),
      ),
      devices: halves.flatMap(({ shapes }, cell) =>
        shapes.flatMap(({ devices }) =>
          (devices ?? []).map((device) => ({
            ...device,
            cell,
            above: device.above.map((port) => `${port}.${cell}`),
          })),
        ),
      ),
      cpu: shape.cpu === null ? null : { ...shape.cpu, vcpus: 16, sockets: 2 },
    })),
    guest: null,
  };
  return onMachine(whole, () => ({ neighbours: [] }));
}
