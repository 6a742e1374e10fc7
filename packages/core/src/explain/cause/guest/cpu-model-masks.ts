import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { type GuestView, guestViewOf } from "../../subject/guest-view.ts";
import type { Subject } from "../../subject/subject.ts";
import {
  unitsIn,
  unitsOfModel,
  unitsOfProcessor,
  type VectorUnit,
} from "../../subject/vector-units.ts";

/**
 * A processor model that hides what the host's processor can do. QEMU's own default, qemu64, and
 * kvm64 have no AVX, and a model of an older generation lacks what came later: whatever runs on the
 * vCPUs, tokenizers, samplers, offloaded experts, then takes several times as many instructions.
 * https://www.qemu.org/docs/master/system/qemu-cpu-models.html
 */
export const cpuModelMasks: Cause = {
  code: "cpu-model-masks",
  layer: "guest",
  looksFor: "the guest's processor model hides vector units that the host has",
  observable: "guest.cpu.flags, or shapes[].cpu.model and features",
  readFrom: "/proc/cpuinfo in the guest and on the host; -cpu of QEMU, <cpu> of libvirt",
  acquittedBy: "the vector units of the host, or the model host-passthrough",
  followsFrom: [],
  judge: (subject, twin) => {
    const view = guestViewOf(subject.evidence);
    if (view === null || !isX86(subject, view)) return irrelevant;
    const shown = unitsShown(view);
    if (shown === null) return untold("neither the guest's processor nor its model is known");
    const { units: host, by } = unitsOfHost(subject, view, twin);
    const hidden = host.filter((unit) => !shown.includes(unit));
    const model = view.cpu?.model ?? view.report?.cpu?.model ?? null;
    if (hidden.length === 0) {
      if (by === null && model !== null && !isHosts(model)) {
        return untold("what the host's processor can do is not known");
      }
      if (model !== null && isHosts(model)) return acquitted(`the model is ${model}`);
      return acquitted(shown.length === 0 ? "the host has no AVX either" : shown.join(", "));
    }
    const flags = view.report?.cpu?.flags ?? null;
    return accused({
      about: "vCPUs",
      expected: `${host.join(", ")}: ${by ?? ""}`,
      found: `no ${hidden.join(", no ")}${model === null ? "" : `: the model is ${model}`}`,
      evidence: [
        ...(model === null ? [] : [`model ${model}`]),
        ...(flags === null ? [] : [`guest flags: ${unitsIn(flags).join(" ") || "no avx"}`]),
      ],
      seen: flags === null ? "inferred" : "directly",
      cost: unknownCost,
      remedy: advice(
        "restart",
        "Show the host's processor: -cpu host, <cpu mode='host-passthrough'/> in libvirt.",
      ),
    });
  },
};

function isX86({ topology }: Subject, { report }: GuestView): boolean {
  const architecture = topology?.machine.architecture ?? null;
  const flags = report?.cpu?.flags ?? [];
  return (architecture ?? "x86_64") === "x86_64" && !flags.includes("asimd");
}

const isHosts = (model: string): boolean => /^(?:host|max$|maximum$)/.test(model);

/**
 * What the guest has: by its own flags, and by the model and the features that it is given. Where
 * it is given the host's processor, a flag that it lacks is its kernel's choice: those before 5.16
 * do not know AMX.
 */
function unitsShown({ report, cpu }: GuestView): readonly VectorUnit[] | null {
  const flags = report?.cpu?.flags ?? null;
  const model = cpu?.model ?? null;
  if (flags !== null && (model === null || !isHosts(model))) return unitsIn(flags);
  if (cpu === null || model === null) return null;
  const features = new Map(cpu.features.map(({ name, on }) => [unitsIn([name])[0], on]));
  const ofModel = isHosts(model) ? allUnits : unitsOfModel(model);
  if (ofModel === null) return null;
  return allUnits.filter((unit) => features.get(unit) ?? ofModel.includes(unit));
}

const allUnits = unitsIn(["avx", "avx2", "avx512f", "amx_tile"]);

/**
 * What the host has: by its flags, its processor's name, or what a twin on the same processor sees.
 * Failing these, AVX alone: no server of a GPU lacks it (every Xeon and Opteron since 2011).
 */
function unitsOfHost(
  { machine, topology }: Subject,
  view: GuestView,
  twin: Subject | null,
): { readonly units: readonly VectorUnit[]; readonly by: string | null } {
  const flags = view.isInside ? null : (machine?.settings.cpuFlags ?? null);
  if (flags !== null) return { units: unitsIn(flags), by: "the host has them" };
  // A guest that is given the host's processor has its name, too.
  const ownName = view.isInside ? view.report?.cpu?.model : topology?.machine.cpuModel;
  const name = ownName ?? null;
  const named = name === null ? null : unitsOfProcessor(name);
  if (named !== null) return { units: named, by: `the host is ${name}` };
  const other = twin === null ? null : guestViewOf(twin.evidence);
  const twins = other?.report?.cpu?.flags ?? null;
  const twinName = twin?.topology?.machine.cpuModel ?? null;
  if (twin !== null && twins !== null && twinName === name) {
    return { units: unitsIn(twins), by: `${twin.evidence.name} sees them` };
  }
  const shown = unitsShown(view) ?? [];
  if (shown.length > 0) return { units: shown, by: null };
  return { units: unitsIn(["avx"]), by: "every x86 server since 2011 has it" };
}
