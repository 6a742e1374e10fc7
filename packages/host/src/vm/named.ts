import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";

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
  remedy: string | null = null,
): Instance {
  const exact = instances.filter((one) => one.name === name || one.uuid === name);
  const found = exact.length > 0 ? exact : instances.filter(({ plan }) => plan.vm === name);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  const names = instances.map((one) => one.name);
  const near = found.length > 1 ? null : didYouMean(name, names);
  const tryThis = near === null ? remedy : `did you mean ${near}?`;
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
          : "a name that `evenkeel list` shows",
      ...(tryThis === null ? {} : { remedy: tryThis }),
    },
  );
}
