import type { Evidence } from "../../../evidence/evidence.ts";
import type { MachineSettings } from "../../../evidence/machine-evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";
import { isolatedCrowd } from "./isolated-crowd.ts";

/**
 * Options that make a host faster, at whatever risk: who lacks one is accused, and not who has it.
 */
const helpful: readonly RegExp[] = [
  /^(isolcpus|nohz_full|rcu_nocbs|irqaffinity|skew_tick|default_hugepagesz|hugepagesz|hugepages)=/,
  /^rcu_nocb_poll$/,
  /^(iommu=pt|iommu\.(passthrough=1|strict=0)|numa_balancing=disable|idle=poll)$/,
  /^(nopti|nospectre_v[12]|(mitigations|pti|spectre_v2(_user)?|spec_store_bypass_disable)=off)$/,
  /^(spec_rstack_overflow|retbleed|l1tf|mds|tsx_async_abort|mmio_stale_data|srbds)=off$/,
  /^(gather_data_sampling|split_lock_detect|itlb_multihit|pcie_aspm|pcie_port_pm)=off$/,
  /^(kvm\.nx_huge_pages=(off|never)|(init_on_alloc|init_on_free|page_poison)=0|cpuidle\.off=1)$/,
  /^(tsc=reliable|clocksource=tsc)$/,
  /max_cstate=[01]$/,
  /^cpufreq\.default_governor=performance$/,
  /^transparent_hugepage(_shmem)?=(always|madvise)/,
];

/**
 * The kernel's options are where hosts of one fleet most often differ unseen. Told of the host that
 * has one that slows it down or lacks one that helps; where an option is of neither kind, of the
 * one that has it.
 *
 * What an option brings about and the evidence shows is told by the cause for that, not here.
 * https://docs.kernel.org/admin-guide/kernel-parameters.html
 */
export const bootOptionsDiffer: Cause = {
  code: "boot-options-differ",
  layer: "host",
  looksFor: "its host was started with other options than the twin's",
  observable: "machine.settings.bootOptions",
  readFrom: "/proc/cmdline, the listed options alone",
  acquittedBy: "the same options, in any order",
  followsFrom: [],
  judge: (subject, twin) => {
    if (twin === null) return irrelevant;
    const [own, others] = [optionsOf(subject), optionsOf(twin)];
    if (own === null || others === null) return untold("/proc/cmdline was not read of both");
    const isShown = shownElsewhere(subject, twin);
    const only = own.filter((option) => !others.includes(option) && !isShown(option));
    const missing = others.filter((option) => !own.includes(option) && !isShown(option));
    if (only.length + missing.length === 0) return acquitted("both hosts have the same options");
    if (!isSlower(only, missing)) return acquitted("the options that differ are the other host's");
    return accused({
      about: "kernel options",
      expected: "as on the other's host",
      found: [...wordsFor("has", only), ...wordsFor("lacks", missing)].join("; "),
      evidence: [`/proc/cmdline: ${own.join(" ")}`, `on the other: ${others.join(" ")}`],
      seen: "inferred",
      cost: unknownCost,
      remedy: advice("host-reboot", "Start both hosts with the same kernel options."),
    });
  },
};

function optionsOf({ machine }: Subject): MachineSettings["bootOptions"] {
  return machine?.settings.bootOptions ?? null;
}

function wordsFor(verb: string, options: readonly string[]): string[] {
  return options.length === 0 ? [] : [`${verb} ${options.join(" ")}`];
}

/** Of two hosts exactly one is: that with more options against it, or else by their letters. */
function isSlower(only: readonly string[], missing: readonly string[]): boolean {
  const helps = (option: string): boolean => helpful.some((one) => one.test(option));
  const against = (has: readonly string[], lacks: readonly string[]): number =>
    has.filter((option) => !helps(option)).length + lacks.filter(helps).length;
  const [own, others] = [against(only, missing), against(missing, only)];
  return own === others ? only.join(" ") > missing.join(" ") : own > others;
}

/** The options whose effect differs in the evidence, where another cause looks at it. */
function shownElsewhere(subject: Subject, twin: Subject): (option: string) => boolean {
  const differs = (of: (one: Subject) => unknown): boolean => {
    const [own, other] = [of(subject) ?? null, of(twin) ?? null];
    return own !== null && other !== null && JSON.stringify(own) !== JSON.stringify(other);
  };
  const kernel = (field: keyof Evidence["kernel"]) => (one: Subject) => one.evidence.kernel[field];
  const effects: readonly (readonly [option: RegExp, isShown: boolean])[] = [
    [mitigating, differs(({ machine }) => machine?.settings.vulnerabilities)],
    [/^(idle|cpuidle|processor|intel_idle)\b/, differs(idleStates)],
    [/^(intel_pstate|amd_pstate|cpufreq)\b/, differs(governors)],
    [/^numa_balancing=/, differs(kernel("numaBalancing"))],
    [/^transparent_hugepage=/, differs(kernel("transparentHugepages"))],
    [/^transparent_hugepage_shmem=/, differs(({ machine }) => machine?.settings.shmemHugepages)],
    [
      /^isolcpus=/,
      [subject, twin].some((one) => isolatedCrowd.judge(one, null).kind === "accused"),
    ],
    [/^(clocksource|tsc)\b/, differs(({ machine }) => machine?.settings.clocksource)],
    [/^nosmt\b/, differs(({ machine }) => machine?.settings.smt)],
    [/^kvm.nx_huge_pages=/, differs(({ machine }) => machine?.settings.nxHugePages)],
    [/iommu/, differs(domains)],
  ];
  return (option) => effects.some(([one, isShown]) => isShown && one.test(option));
}

const mitigating =
  /^(mitigations|nopti|pti|spec|nospectre|retbleed|l1tf|mds|tsx|srbds|mmio_stale|gather|itlb)/;

function idleStates({ machine }: Subject): unknown {
  return machine?.cpus?.map(({ idleStates: states }) =>
    states?.map(({ name, disabled }) => [name, disabled]),
  );
}

/** How its devices' requests are translated; null where nobody read that. */
function domains({ evidence }: Subject): unknown {
  const known = new Set(evidence.devices.flatMap(({ iommuDomain }) => iommuDomain ?? []));
  return known.size === 0 ? null : [...known].toSorted();
}

function governors({ machine }: Subject): unknown {
  return machine?.cpus?.map(({ driver, governor }) => [driver, governor]);
}
