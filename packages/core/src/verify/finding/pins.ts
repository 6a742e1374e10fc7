import type { Plan } from "../../plan/plan.ts";
import type { ShapePins } from "../../evidence/evidence.ts";
import { equals } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { type Check, found, holds, together, unknownCost } from "../verdict/check.ts";
import { cpusOf } from "./threads.ts";

/**
 * Where libvirt says that threads run. The threads themselves decide what is so; a definition that says
 * otherwise than the plan comes into force the next time that libvirt pins them, so it is a warning.
 */
export const pins: Check = ({ plan, evidence }) => {
  const shape = evidence.shapes.find(
    ({ source, pins: told }) => source === "libvirt" && told !== null,
  );
  if (shape === undefined || shape.pins === null) return together([]);
  const told = differences(shape.pins, plan);
  if (told.length === 0) return holds("libvirt's pins", "as planned");
  const [{ remedy } = { remedy: "" }] = told;
  return found({
    code: "pins-differ",
    severity: "warning",
    layer: "hypervisor",
    subject: "libvirt's definition",
    promised: told.map(({ promised }) => promised).join(", "),
    found: told.map(({ had }) => had).join(", "),
    evidence: [shape.where],
    cost: unknownCost,
    remedy: remedy.replace("DOMAIN", evidence.process?.name ?? plan.vm),
  });
};

interface Difference {
  readonly promised: string;
  readonly had: string;
  readonly remedy: string;
}

function differences({ vcpus, emulator, iothreads }: ShapePins, plan: Plan): Difference[] {
  const of = (what: string, wanted: string, had: string | null, command: string): Difference[] =>
    had !== null && equals(setOf(had), setOf(wanted))
      ? []
      : [
          {
            promised: `${what} on CPUs ${wanted}`,
            had: had === null ? `${what} not pinned` : `${what} on CPUs ${had}`,
            remedy: `virsh ${command} ${wanted} --live`,
          },
        ];
  const cpusIn = (list: ShapePins["vcpus"], id: number): string | null =>
    list.find((one) => one.id === id)?.cpus ?? null;
  return [
    ...plan.cells
      .flatMap((cell) => cell.vcpus)
      .flatMap((vcpu) =>
        of(`vCPU ${vcpu.id}`, cpusOf(vcpu), cpusIn(vcpus, vcpu.id), `vcpupin DOMAIN ${vcpu.id}`),
      ),
    ...of("the emulator", plan.emulatorCpus, emulator, "emulatorpin DOMAIN"),
    ...plan.iothreads.flatMap(({ id, cpus }) =>
      of(`iothread ${id}`, cpus, cpusIn(iothreads, id), `iothreadpin DOMAIN ${id}`),
    ),
  ];
}
