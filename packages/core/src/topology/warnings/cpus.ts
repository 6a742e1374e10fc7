import { counted, listOf, sizeOf } from "../draw/describe.ts";
import { hasCoreClasses, threadsOfClass } from "../core-classes.ts";
import { cpusText } from "../diff/difference.ts";
import type { Core, Topology } from "../topology.ts";
import type { TopologyWarning } from "./warning.ts";

/** Warnings about offline CPUs: by number, and as cores with fewer threads than others. */
export function cpuWarnings(topology: Topology): TopologyWarning[] {
  const { offlineCpus } = topology;
  const offline: TopologyWarning[] =
    offlineCpus === ""
      ? []
      : [
          {
            code: "cpus-offline",
            severity: "warning",
            subject: cpusText(offlineCpus),
            message: `${counted(sizeOf(offlineCpus), "CPU")} offline: ${offlineCpus}.`,
          },
        ];
  return [...offline, ...unevenThreads(topology)];
}

/**
 * Cores with fewer threads than the widest of their class. If whole packages differ, or CPUs are
 * offline, somebody has switched siblings off. Cores of two widths within a package, with nothing
 * offline, may also be of two kinds, as in hybrid processors of which nobody told the classes.
 */
function unevenThreads({ cores, offlineCpus }: Topology): TopologyWarning[] {
  const widestOf = threadsOfClass(cores);
  const narrow = cores.filter((core) => sizeOf(core.cpus) < widestOf(core.class));
  if (narrow.length === 0) return [];
  const widest = Math.max(...narrow.map((core) => widestOf(core.class)));
  const packages = packagesOf(narrow);
  const whole =
    packages.length > 0 &&
    cores.every((core) => {
      const inPackage = core.package !== null && packages.includes(core.package);
      return inPackage === narrow.includes(core);
    });
  const where = whole
    ? `package${packages.length === 1 ? "" : "s"} ${listOf(packages)}`
    : `cores ${listOf(narrow.map(({ id }) => id))}`;
  const kinds = new Set(cores.map((core) => `${core.package} ${sizeOf(core.cpus)}`));
  const mixedEverywhere = packagesOf(cores).every(
    (id) => [...kinds].filter((kind) => kind.startsWith(`${id} `)).length > 1,
  );
  const isTold = hasCoreClasses({ cores });
  const hybrid = offlineCpus === "" && !whole && mixedEverywhere && !isTold;
  const note = hybrid ? " SMT is off there, or they are of another kind." : "";
  return [
    {
      code: "smt-uneven",
      severity: hybrid ? "info" : "warning",
      subject: where,
      message: `${counted(narrow.length, "core")} of ${cores.length} have fewer than ${counted(widest, "thread")} online: ${where}.${note}`,
    },
  ];
}

function packagesOf(cores: readonly Core[]): number[] {
  return [...new Set(cores.flatMap((core) => core.package ?? []))];
}
