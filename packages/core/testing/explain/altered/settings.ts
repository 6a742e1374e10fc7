import type { CgroupLimits, Evidence } from "../../../src/evidence/evidence.ts";
import type {
  CpuSettings,
  MachineEvidence,
  MachineSettings,
} from "../../../src/evidence/machine-evidence.ts";
import { GiB } from "../../../src/unit/bytes.ts";
import { onMachine } from "../clean.ts";
import type { Alteration } from "./alteration.ts";

/** How the machine is set, and what limits the subject on it. */
export const settingsAlterations: readonly Alteration[] = [
  {
    code: "clocksource-slow",
    what: "the kernel gave up the TSC for the HPET",
    alter: (evidence) => set(evidence, { clocksource: "hpet" }),
  },
  {
    code: "cpu-stolen",
    what: "its own host took a third of the time",
    alter: (evidence) => set(evidence, { stolenShare: 0.33 }),
  },
  {
    code: "cpu-clock-low",
    what: "a busy CPU clocks at 800 MHz",
    alter: (evidence) => set(evidence, { busyKHz: 800_000 }),
  },
  {
    code: "split-lock-slowed",
    what: "split locks are slowed down, and not on the twin's host",
    alter: (evidence) => set(evidence, { splitLockSlowed: true }),
    alterTwin: (twin) => set(twin, { splitLockSlowed: false }),
  },
  {
    code: "host-memory-less",
    what: "a sixteenth of the host's memory is missing",
    alter: (evidence) =>
      onMachine(evidence, ({ nodes }) => ({
        nodes: (nodes ?? []).map((node) =>
          node.id === 1 ? { ...node, memoryBytes: 56 * GiB } : node,
        ),
      })),
  },
  {
    code: "cpu-quota",
    what: "a quota of 4 CPUs stopped it in a third of all periods",
    alter: (evidence) =>
      limited(evidence, {
        quota: { quotaUs: 400_000, periodUs: 100_000 },
        throttled: { periods: 9000, throttledPeriods: 3000, throttledUs: 900_000_000 },
      }),
  },
  {
    code: "memory-limited",
    what: "a limit of 17 GiB made it free memory",
    alter: (evidence) => limited(evidence, { memoryMaxBytes: 17 * GiB, memoryReclaims: 4000 }),
  },
  {
    code: "cpu-weight-low",
    what: "its cgroup has the weight of a pod without requests",
    alter: (evidence) => limited(evidence, { cpuWeight: 1 }),
  },
  {
    code: "isolated-crowd",
    what: "its vCPUs crowd on one of several isolated CPUs",
    alter: (evidence) => set(onCpus(evidence, "1-4,17-20"), { bootOptions: isolating }),
  },
  {
    code: "frequency-capped",
    what: "scaling_max_freq is 2.0 of 3.8 GHz",
    alter: (evidence) => withCpus(evidence, { maxKHz: 2_000_000 }),
  },
  {
    code: "turbo-off",
    what: "no_turbo is 1",
    alter: (evidence) => set(evidence, { turbo: false }),
  },
  {
    code: "governor-saving",
    what: "the governor powersave prefers to save power",
    alter: (evidence) =>
      withCpus(evidence, { governor: "powersave", energyPreference: "balance_power" }),
  },
  {
    code: "governor-saving",
    what: "the governor powersave of acpi-cpufreq holds the lowest clock",
    alter: (evidence) =>
      withCpus(evidence, {
        driver: "acpi-cpufreq",
        governor: "powersave",
        energyPreference: null,
      }),
  },
  {
    code: "deep-idle-states",
    what: "C6 of 170 us is enabled",
    alter: (evidence) =>
      onMachine(evidence, ({ cpus }) => ({
        cpus: (cpus ?? []).map((own) => ({
          ...own,
          idleStates: (own.idleStates ?? []).map((state) => ({ ...state, disabled: false })),
        })),
      })),
  },
  {
    code: "autonuma-on",
    what: "NUMA balancing watches memory that nothing binds",
    alter: (evidence) => balanced(unbound(evidence)),
  },
  {
    code: "numad-running",
    what: "numad runs",
    alter: (evidence) => set(evidence, { numad: true }),
  },
  {
    code: "ksm-on",
    what: "ksm/run is 1",
    alter: (evidence) => ({ ...evidence, kernel: { ...evidence.kernel, ksmRun: 1 } }),
  },
  {
    code: "zone-reclaim-on",
    what: "zone_reclaim_mode is 1",
    alter: (evidence) => set(evidence, { zoneReclaim: 1 }),
  },
  {
    code: "nx-huge-pages",
    what: "KVM splits huge pages with code",
    alter: (evidence) => set(evidence, { nxHugePages: true }),
  },
  {
    code: "processor-differs",
    what: "the host has a processor of an earlier generation",
    alter: (evidence) => onTopology(evidence, { cpuModel: "INTEL(R) XEON(R) PLATINUM 8358" }),
  },
  {
    code: "mitigations-differ",
    what: "the kernel works around a weakness more",
    alter: (evidence) =>
      onMachine(evidence, ({ settings }) => ({
        settings: {
          ...settings,
          vulnerabilities: (settings.vulnerabilities ?? []).map((one) =>
            one.name === "gather_data_sampling" ? { ...one, state: "Mitigation: Microcode" } : one,
          ),
        },
      })),
  },
  {
    code: "firmware-differs",
    what: "the two nodes are halves of one socket",
    alter: (evidence) =>
      onMachine(evidence, ({ topology }) => ({
        topology:
          topology === null
            ? null
            : {
                ...topology,
                nodes: topology.nodes.map((node) => ({ ...node, package: 0 })),
                cores: topology.cores.map((core) => ({ ...core, package: 0 })),
              },
      })),
  },
  { code: "smt-differs", what: "SMT is off", alter: (evidence) => set(evidence, { smt: "off" }) },
  {
    code: "boot-options-differ",
    what: "the kernel was started with pci=noats",
    alter: (evidence) =>
      onMachine(evidence, ({ settings }) => ({
        settings: { ...settings, bootOptions: [...(settings.bootOptions ?? []), "pci=noats"] },
      })),
  },
  {
    code: "boot-options-differ",
    what: "the kernel was started without iommu=pt",
    alter: (evidence) => set(evidence, { bootOptions: ["intel_iommu=on"] }),
  },
  {
    code: "kernel-differs",
    what: "the host runs an older kernel",
    alter: (evidence) => set(evidence, { kernelRelease: "5.10.0-28-amd64" }),
  },
  {
    code: "microcode-differs",
    what: "the processor has newer microcode",
    alter: (evidence) => set(evidence, { microcode: "0x2b000639" }),
  },
];

const isolating = ["intel_iommu=on", "iommu=pt", "isolcpus=managed_irq,domain,1-7,17-23"];

/** The evidence with vCPUs that may all use these CPUs, and were all on the first. */
function onCpus(evidence: Evidence, allowedCpus: string): Evidence {
  return {
    ...evidence,
    threads: (evidence.threads ?? []).map((thread) =>
      thread.role?.kind === "vcpu"
        ? { ...thread, allowedCpus, lastCpu: Number.parseInt(allowedCpus, 10) }
        : thread,
    ),
  };
}

/** The evidence with some settings of its machine changed. */
export function set(evidence: Evidence, change: Partial<MachineSettings>): Evidence {
  return onMachine(evidence, ({ settings }) => ({ settings: { ...settings, ...change } }));
}

/** The evidence with all CPUs of its machine set otherwise. */
export function withCpus(evidence: Evidence, change: Partial<CpuSettings>): Evidence {
  return onMachine(evidence, ({ cpus }) => ({
    cpus: (cpus ?? []).map((own) => ({ ...own, ...change })),
  }));
}

/** The evidence with other limits of its cgroups. */
export function limited(evidence: Evidence, change: Partial<CgroupLimits>): Evidence {
  return {
    ...evidence,
    cgroups: evidence.cgroups.map((own) => ({
      ...own,
      limits: own.limits === null ? null : { ...own.limits, ...change },
    })),
  };
}

/** The evidence with NUMA balancing on. */
export function balanced(evidence: Evidence): Evidence {
  return { ...evidence, kernel: { ...evidence.kernel, numaBalancing: 1 } };
}

/** The evidence with memory that no policy binds, whose page size nobody read. */
export function unbound(evidence: Evidence): Evidence {
  return {
    ...evidence,
    memory: (evidence.memory ?? []).map((mapping) => ({
      ...mapping,
      policy: { mode: "default", nodes: "" },
      pageBytes: null,
    })),
  };
}

/** The evidence on a machine that is made otherwise. */
function onTopology(
  evidence: Evidence,
  change: Partial<NonNullable<MachineEvidence["topology"]>["machine"]>,
): Evidence {
  return onMachine(evidence, ({ topology }) => ({
    topology:
      topology === null ? null : { ...topology, machine: { ...topology.machine, ...change } },
  }));
}
