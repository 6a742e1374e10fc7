import { EvenkeelError } from "../error/evenkeel-error.ts";
import { invariant } from "../invariant.ts";
import { didYouMean } from "../text/did-you-mean.ts";
import { parseQuantity } from "../unit/bytes.ts";
import { type Workload, workloads } from "./virtual-machine.ts";

/**
 * What a user's own kind of work moves in one step, as written: sizes are Kubernetes quantities,
 * and what is left out is not moved. A step is whatever repeats: a batch, a token, an iteration.
 */
export interface WorkloadProfile {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "WorkloadProfile";
  readonly metadata: { readonly name: string };
  readonly spec: {
    /** The time of a step in which nothing is waited for that moves. */
    readonly computeNs?: number | undefined;
    readonly perAccelerator?:
      | {
          readonly hostToDevice?: string | undefined;
          readonly deviceToHost?: string | undefined;
          readonly peer?: string | undefined;
        }
      | undefined;
    readonly perVcpu?:
      | { readonly memory: string; readonly writeShare: number; readonly randomShare: number }
      | undefined;
    readonly perNic?: { readonly network: string } | undefined;
  };
}

/**
 * What a VM moves in one step, by device and vCPU, so that one profile serves VMs of every size.
 * The steps of all its devices and vCPUs go on at once; what one of them moves comes one after the
 * other, and so does its computing.
 */
export interface Profile {
  readonly name: string;
  readonly computeNs: number;
  /** Of each accelerator, from and to its cell's memory. */
  readonly hostToDeviceBytes: number;
  readonly deviceToHostBytes: number;
  /** Of each accelerator, to all others together. */
  readonly peerBytes: number;
  /** Of each vCPU, from and to its cell's memory. */
  readonly memoryBytes: number;
  /** The part of `memoryBytes` that is written, from 0 to 1. */
  readonly writeShare: number;
  /** The part of `memoryBytes` that waits for the latency of each access, from 0 to 1. */
  readonly randomShare: number;
  /** Of each NIC, half of it in each direction. */
  readonly networkBytes: number;
}

/** Words of other tools for the built-in workloads. */
const otherWords: Readonly<Record<Workload, string>> = {
  inference: "infer serving serve llm latency",
  training: "train nccl finetune fine-tuning distributed",
  staging: "load loading etl io copy data",
  compute: "hpc cpu batch general default",
};

/** Whether a name is that of a built-in workload. */
export function isBuiltIn(name: string): name is Workload {
  return workloads.some((one) => one === name);
}

/**
 * The workload of a name: a built-in one, or the profile of that name among those given.
 *
 * @param where the field that names it.
 * @throws `workload-unknown` for any other name.
 */
export function workloadCalled(
  name: string,
  profiles: readonly WorkloadProfile[],
  where: string,
): Workload | Profile {
  if (isBuiltIn(name)) return name;
  const found = profiles.find(({ metadata }) => metadata.name === name);
  if (found !== undefined) return profileOfDocument(found);
  const names = [...workloads, ...profiles.map(({ metadata }) => metadata.name)];
  const meant = workloads.find((one) => otherWords[one].split(" ").includes(name));
  const close = didYouMean(name, names);
  throw new EvenkeelError("workload-unknown", `no workload is named "${name}"`, {
    where,
    expected: `one of ${names.join(", ")}`,
    remedy:
      close !== null
        ? `did you mean "${close}"?`
        : meant !== undefined
          ? `write ${meant}`
          : `give the WorkloadProfile "${name}" along with it: --profile FILE`,
  });
}

/** A profile with its sizes in bytes; sizes were checked when the document was read. */
function profileOfDocument({ metadata, spec }: WorkloadProfile): Profile {
  const bytes = (written = "0"): number => {
    const parsed = parseQuantity(written);
    invariant(parsed !== null, "the document's schema takes sizes alone");
    return parsed;
  };
  const { computeNs = 0, perAccelerator = {}, perVcpu, perNic } = spec;
  return {
    name: metadata.name,
    computeNs,
    hostToDeviceBytes: bytes(perAccelerator.hostToDevice),
    deviceToHostBytes: bytes(perAccelerator.deviceToHost),
    peerBytes: bytes(perAccelerator.peer),
    memoryBytes: bytes(perVcpu?.memory),
    writeShare: perVcpu === undefined ? 0 : perVcpu.writeShare,
    randomShare: perVcpu === undefined ? 0 : perVcpu.randomShare,
    networkBytes: bytes(perNic?.network),
  };
}
