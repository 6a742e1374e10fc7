import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { patienceFor } from "../hypervisor/patience.ts";
import { systemUri, virshAt } from "../hypervisor/libvirt/virsh.ts";
import type { LocalHost } from "./host.ts";

/**
 * Finds a VM by its full name, by its UUID, or by its name without the tenant.
 *
 * @param remedy what to do instead if there is none.
 *
 * Errors: `vm-unknown`.
 */
export function instanceNamed(
  name: string,
  instances: readonly Instance[],
  remedy: string = "see the names: evenkeel list",
): Instance {
  const uuid = name.toLowerCase();
  const exact = instances.filter((one) => one.name === name || one.uuid === uuid);
  const found = exact.length > 0 ? exact : instances.filter(({ plan }) => plan.vm === name);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  const names = instances.map((one) => one.name);
  const near = found.length > 1 ? null : didYouMean(name, names);
  const tryThis =
    near !== null
      ? `did you mean ${near}?`
      : /\.(?:ya?ml|json|xml)$/.test(name)
        ? "give the VM's name, not its file"
        : remedy;
  throw new EvenkeelError(
    "vm-unknown",
    found.length > 1
      ? "several tenants have a VM of this name"
      : "no VM of this name was started or adopted here",
    {
      where: name,
      expected:
        found.length > 1
          ? found.map((one) => one.name).join(", ")
          : "a VM that `evenkeel list` shows as Evenkeel's",
      remedy: tryThis,
    },
  );
}

/** The time for libvirt to say which domain has a name. */
const answerMs = 10_000;

/**
 * Finds a VM by any name that it has: those of `instanceNamed`, or, for an adopted VM, the name of
 * its domain in libvirt. libvirt is asked only about a name that no record has.
 *
 * Errors: `vm-unknown`.
 */
export async function instanceCalled(
  name: string,
  instances: readonly Instance[],
  { clock }: Pick<LocalHost, "clock">,
  remedy?: string,
): Promise<Instance> {
  try {
    return instanceNamed(name, instances, remedy);
  } catch (unknown) {
    const adopted = instances.filter((one) => one.adopted);
    const patience = patienceFor(answerMs, clock);
    for (const uri of new Set(adopted.map((one) => one.uri ?? systemUri))) {
      const answer = await virshAt(uri, patience).tried(["domuuid", "--domain", name]);
      const uuid = answer.status === 0 ? answer.stdout.trim() : null;
      const found = adopted.find((one) => one.uuid === uuid && (one.uri ?? systemUri) === uri);
      if (found !== undefined) return found;
    }
    throw unknown;
  }
}
