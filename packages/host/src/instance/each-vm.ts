import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { invariant } from "@evenkeel/core/invariant.ts";
import type { Patience } from "../hypervisor/patience.ts";
import { systemUri, virshAt } from "../hypervisor/libvirt/virsh.ts";

/** As many programs are run at the same time for one libvirt, which works on few at once. */
const atOnce = 8;

/**
 * Works on many VMs at the same time, and gives the results in their order. A libvirt with several
 * VMs is first asked whether it answers at all: if not, it is not asked for each of them.
 */
export async function eachVm<T>(
  instances: readonly Instance[],
  patience: Patience,
  work: (instance: Instance) => Promise<T>,
): Promise<readonly (T | EvenkeelError)[]> {
  const results = new Map<Instance, T | EvenkeelError>();
  const one = async (instance: Instance): Promise<void> => {
    results.set(instance, await work(instance).catch(codedOnly));
  };
  const groups = Map.groupBy(instances, ({ via, uri }) =>
    via === "libvirt" ? (uri ?? systemUri) : null,
  );
  const worked = [...groups].map(async ([uri, group]) => {
    if (uri === null) return Promise.all(group.map(one));
    if (group.length > 1) await virshAt(uri, patience).tried(["version"]);
    const waiting = group.values();
    const worker = async (): Promise<void> => {
      for (const instance of waiting) await one(instance);
    };
    return Promise.all(Array.from({ length: atOnce }, worker));
  });
  await Promise.all(worked);
  return instances.map((instance) => {
    const result = results.get(instance);
    invariant(result !== undefined, `${instance.name} was worked on`);
    return result;
  });
}

function codedOnly(error: unknown): EvenkeelError {
  if (error instanceof EvenkeelError) return error;
  throw error;
}
