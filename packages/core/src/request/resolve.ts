import { EvenkeelError } from "../error/evenkeel-error.ts";
import { didYouMean } from "../text/did-you-mean.ts";
import { formatBytes, formatQuantity, GiB, MiB, parseQuantity, TiB } from "../unit/bytes.ts";
import type { Request } from "./request.ts";
import type {
  Flavor,
  HugepageDemand,
  VirtualMachine,
  VirtualMachineSpec,
} from "./virtual-machine.ts";
import { workloadCalled, type WorkloadProfile } from "./workload-profile.ts";

/**
 * Bounds beyond which a number must be a typing error: QEMU's q35 machine has at most 4096 vCPUs,
 * no guest starts in less than 64 MiB together with its firmware, and no host has 1 PiB.
 */
export const requestBounds = {
  vcpus: { min: 1, max: 4096 },
  memoryBytes: { min: 64 * MiB, max: 1024 * TiB },
  devices: { min: 0, max: 256 },
} as const;

/** The defaults of fields that neither the virtual machine nor its flavor has. */
const requestDefaults = {
  accelerators: { count: 0, link: "any" },
  nics: { count: 0, rdma: false },
  hugepages: "none",
  locality: "strict",
  isolation: "core",
  workload: "inference",
} as const;

const hugepageBytes: Readonly<Record<HugepageDemand, number | null>> = {
  none: null,
  "2Mi": 2 * MiB,
  "1Gi": GiB,
};

/**
 * Resolves a virtual machine to a request: its own fields, then its flavor's (field by field, also
 * within `accelerators` and `nics`), then the defaults; with sizes in bytes.
 *
 * vCPUs and memory have no default. Throws `flavor-unknown` when the flavor is not among those
 * given, `workload-unknown` when the workload is neither built in nor among the profiles, and
 * `request-invalid` when a field is missing or out of bounds.
 */
export function resolveRequest(
  vm: VirtualMachine,
  flavors: readonly Flavor[],
  profiles: readonly WorkloadProfile[] = [],
): Request {
  return resolveAs("VirtualMachine", vm, flavors, profiles);
}

/** @param kind the kind of the document that is at fault where a field is missing. */
function resolveAs(
  kind: "VirtualMachine" | "Flavor",
  vm: VirtualMachine,
  flavors: readonly Flavor[],
  profiles: readonly WorkloadProfile[],
): Request {
  const { name, tenant } = vm.metadata;
  const flavor = flavorOf(vm, flavors);
  const spec = flavor === null ? vm.spec : specOver(flavor.spec, vm.spec);
  const at = fieldOf(kind, name);
  const hugepages = spec.hugepages ?? requestDefaults.hugepages;
  return {
    name,
    tenant: tenant ?? null,
    flavor: flavor?.metadata.name ?? null,
    signature: isAsSold(vm) ? (flavor?.signature ?? null) : null,
    accelerators: acceleratorsOf(spec, at),
    nics: nicsOf(spec, at),
    vcpus: vcpusOf(spec, at),
    memoryBytes: memoryOf(spec, hugepageBytes[hugepages], at),
    hugepageBytes: hugepageBytes[hugepages],
    locality: spec.locality ?? requestDefaults.locality,
    isolation: spec.isolation ?? requestDefaults.isolation,
    workload: workloadCalled(
      spec.workload ?? requestDefaults.workload,
      profiles,
      at("workload").where,
    ),
  };
}

/** The request of a VM of a flavor without fields of its own. */
export function requestOfFlavor(
  flavor: Flavor,
  profiles: readonly WorkloadProfile[] = [],
): Request {
  const { name } = flavor.metadata;
  const vm = { apiVersion: "evenkeel/v1", kind: "VirtualMachine", metadata: { name } } as const;
  return resolveAs("Flavor", { ...vm, spec: { flavor: name } }, [flavor], profiles);
}

/** Whether a VM is as its flavor was sold: with fields of its own it has no signature. */
function isAsSold({ spec }: VirtualMachine): boolean {
  const { flavor: _, ...own } = spec;
  return Object.values(own).every((value) => value === undefined);
}

function flavorOf(vm: VirtualMachine, flavors: readonly Flavor[]): Flavor | null {
  const wanted = vm.spec.flavor;
  if (wanted === undefined) return null;
  const [found, ...others] = flavors.filter(({ metadata }) => metadata.name === wanted);
  const where = `VirtualMachine ${vm.metadata.name}: spec.flavor`;
  if (found === undefined) {
    const names = flavors.map(({ metadata }) => metadata.name);
    const close = didYouMean(wanted, names);
    throw new EvenkeelError("flavor-unknown", `no flavor is named "${wanted}"`, {
      where,
      expected: names.length === 0 ? "a flavor that is also given" : `one of ${names.join(", ")}`,
      remedy:
        close === null ? `give the Flavor "${wanted}" along with it` : `did you mean "${close}"?`,
    });
  }
  if (others.length > 0) {
    throw new EvenkeelError("request-invalid", `the flavor "${wanted}" is given more than once`, {
      where,
      expected: "one flavor for each name",
      remedy: `leave out all but one of the flavors named "${wanted}"`,
    });
  }
  return found;
}

function specOver(flavor: VirtualMachineSpec, own: VirtualMachineSpec): VirtualMachineSpec {
  return {
    ...flavor,
    ...given(own),
    accelerators: { ...flavor.accelerators, ...given(own.accelerators ?? {}) },
    nics: { ...flavor.nics, ...given(own.nics ?? {}) },
  };
}

/** The fields that have a value: one that is present but undefined must not hide the flavor's. */
function given<T extends object>(fields: T): Partial<T> {
  const present: Partial<T> = { ...fields };
  for (const name in present) if (present[name] === undefined) delete present[name];
  return present;
}

type FieldAt = (field: string) => { readonly where: string };

const fieldOf =
  (kind: string, name: string): FieldAt =>
  (field) => ({ where: `${kind} ${name}: spec.${field}` });

function acceleratorsOf(
  { accelerators }: VirtualMachineSpec,
  at: FieldAt,
): Request["accelerators"] {
  const { count, model, link } = accelerators ?? {};
  if (count === undefined && (model !== undefined || link !== undefined)) {
    throw new EvenkeelError(
      "request-invalid",
      "accelerators are described but their number is not given",
      { ...at("accelerators.count"), expected: "how many", remedy: "add count: 1, or 0 for none" },
    );
  }
  return {
    count: deviceCount(count, "accelerators.count", at),
    model: model ?? null,
    link: link ?? requestDefaults.accelerators.link,
  };
}

function nicsOf({ nics }: VirtualMachineSpec, at: FieldAt): Request["nics"] {
  const { count, rdma } = nics ?? {};
  if (count === undefined && rdma !== undefined) {
    throw new EvenkeelError("request-invalid", "NICs are described but their number is not given", {
      ...at("nics.count"),
      expected: "how many",
      remedy: "add count: 1, or 0 for none",
    });
  }
  return {
    count: deviceCount(count, "nics.count", at),
    rdma: rdma ?? requestDefaults.nics.rdma,
  };
}

function deviceCount(count: number | undefined, field: string, at: FieldAt): number {
  const { min, max } = requestBounds.devices;
  if (count === undefined) return 0;
  if (Number.isInteger(count) && count >= min && count <= max) return count;
  throw new EvenkeelError("request-invalid", `${count} devices are asked for`, {
    ...at(field),
    expected: `an integer from ${min} to ${max}`,
  });
}

function vcpusOf({ vcpus }: VirtualMachineSpec, at: FieldAt): number {
  const { min, max } = requestBounds.vcpus;
  const expected = `an integer from ${min} to ${max}`;
  if (vcpus === undefined) {
    throw new EvenkeelError("request-invalid", "the number of vCPUs is missing", {
      ...at("vcpus"),
      expected,
      remedy: "add spec.vcpus to the VM or to its flavor: vcpus: 16, for example",
    });
  }
  if (Number.isInteger(vcpus) && vcpus >= min && vcpus <= max) return vcpus;
  throw new EvenkeelError("request-invalid", `${vcpus} vCPUs are asked for`, {
    ...at("vcpus"),
    expected,
  });
}

/** What to do about a size that no guest has: a number without a unit is meant in GiB. */
function missingUnit(memory: string): string {
  if (parseQuantity(memory) === 0) return "every guest needs memory: write 8Gi, for example";
  return /^\d{1,5}$/.test(memory)
    ? `a number alone is bytes: write ${memory}Gi`
    : "is its unit missing (Mi, Gi, Ti)?";
}

function memoryOf({ memory }: VirtualMachineSpec, pageBytes: number | null, at: FieldAt): number {
  const { min, max } = requestBounds.memoryBytes;
  const expected = `a size such as 480Gi, from ${formatQuantity(min)} to ${formatQuantity(max)}`;
  if (memory === undefined) {
    throw new EvenkeelError("request-invalid", "the size of the memory is missing", {
      ...at("memory"),
      expected,
      remedy: "add spec.memory to the VM or to its flavor: memory: 64Gi, for example",
    });
  }
  const bytes = parseQuantity(memory);
  if (bytes === null || bytes < min || bytes > max) {
    throw new EvenkeelError("request-invalid", `"${memory}" of memory is asked for`, {
      ...at("memory"),
      expected,
      ...(bytes !== null && bytes < min && { remedy: missingUnit(memory) }),
    });
  }
  if (pageBytes !== null && bytes % pageBytes !== 0) {
    const page = formatBytes(pageBytes);
    throw new EvenkeelError("request-invalid", `${memory} is no whole number of ${page} pages`, {
      ...at("memory"),
      expected: `a multiple of ${page}, the size in spec.hugepages`,
      remedy: `write ${formatQuantity(Math.ceil(bytes / pageBytes) * pageBytes)}`,
    });
  }
  return bytes;
}
