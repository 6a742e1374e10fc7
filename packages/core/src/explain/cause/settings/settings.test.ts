import { describe, expect, test } from "vitest";
import {
  balanced,
  limited,
  set,
  unbound,
  withCpus,
} from "../../../../testing/explain/altered/settings.ts";
import { cleanVm, onMachine } from "../../../../testing/explain/clean.ts";
import type { CgroupLimits, Evidence } from "../../../evidence/evidence.ts";
import type { CpuSettings, MachineSettings } from "../../../evidence/machine-evidence.ts";
import { syntheticTopology } from "../../../topology/synthetic/build.ts";
import { GiB, MiB } from "../../../unit/bytes.ts";
import { diagnose, type Found } from "../../diagnose.ts";
import { explain } from "../../explain.ts";
import { settingsCauses } from "../../settings-causes.ts";
import { subjectOf } from "../../subject/subject.ts";
import { byVersion } from "../../subject/versions.ts";

const clean = cleanVm(0);
const twin = cleanVm(1);

const foundIn = (evidence: Evidence, other: Evidence | null = null): readonly Found[] =>
  diagnose(subjectOf(evidence), other === null ? null : subjectOf(other), settingsCauses).found;
const codesIn = (evidence: Evidence, other: Evidence | null = null): string[] =>
  foundIn(evidence, other).map(({ cause }) => cause.code);
const checkedIn = (evidence: Evidence, code: string): string | undefined =>
  diagnose(subjectOf(evidence), null, settingsCauses).checked.find((one) => one.code === code)
    ?.found;
const uncheckedIn = (evidence: Evidence): string[] =>
  diagnose(subjectOf(evidence), null, settingsCauses).unchecked.map(({ code }) => code);

const oneNode = (evidence: Evidence): Evidence => ({
  ...evidence,
  nodes: [{ id: 0, cpus: "0-31" }],
});
const withoutDevices = (evidence: Evidence): Evidence => ({ ...evidence, devices: [], shapes: [] });
/** Every thread may run on these CPUs. */
const floating = (evidence: Evidence, allowedCpus: string): Evidence => ({
  ...evidence,
  threads: (evidence.threads ?? []).map((thread) => ({ ...thread, allowedCpus })),
});
const merged = (mergedPages: number | null, of: Evidence = clean): Evidence => ({
  ...of,
  process: of.process === null ? null : { ...of.process, mergedPages },
  kernel: { ...of.kernel, ksmRun: 1 },
});

const onProcessor = (evidence: Evidence, cpuModel: string): Evidence =>
  onMachine(evidence, ({ topology }) => ({
    topology:
      topology === null ? null : { ...topology, machine: { ...topology.machine, cpuModel } },
  }));

describe("NUMA balancing", () => {
  test("watches no memory that is bound or in huge pages", () => {
    expect(codesIn(balanced(clean))).toEqual([]);
    expect(checkedIn(balanced(clean), "autonuma-on")).toContain("leaves its memory alone");
    const inHugePages = (unbound(clean).memory ?? []).map((one) => ({ ...one, pageBytes: GiB }));
    expect(codesIn(balanced({ ...clean, memory: inHugePages }))).toEqual([]);
  });

  test("is unknown where nobody read what its memory is bound to", () => {
    const memory = (clean.memory ?? []).map((mapping) => ({ ...mapping, policy: null }));
    expect(uncheckedIn(balanced({ ...clean, memory }))).toContain("autonuma-on");
    expect(uncheckedIn(balanced({ ...clean, memory: null }))).toContain("autonuma-on");
  });

  test("is not accused where nothing else brings memory and threads together", () => {
    const vm = balanced(floating(withoutDevices(unbound(clean)), "0-31"));
    expect(checkedIn(vm, "autonuma-on")).toContain("brings memory and threads together");
    const pinned = balanced(withoutDevices(unbound(clean)));
    expect(codesIn(pinned)).toEqual(["autonuma-on"]);
  });

  test("costs where an accelerator holds the work to its node, and says that pages are pinned", () => {
    const [found] = foundIn(balanced(floating(unbound(clean), "0-31")));
    expect(found?.found).toContain("its pages are pinned");
    expect(found?.seen).toBe("inferred");
  });

  test("has nothing to move on a machine of one node, nor between tiers", () => {
    expect(codesIn(oneNode(balanced(unbound(clean))))).toEqual([]);
    const tiers = { ...unbound(clean), kernel: { ...clean.kernel, numaBalancing: 2 } };
    expect(codesIn(tiers)).toEqual([]);
  });

  test("is told of a machine with accelerators, and not of another", () => {
    const machine = balanced({ ...clean, of: "machine", threads: null, memory: null });
    expect(codesIn(machine)).toEqual(["autonuma-on"]);
    const without = onMachine(machine, ({ topology }) => ({
      topology: topology === null ? null : { ...topology, accelerators: [] },
    }));
    expect(codesIn(without)).toEqual([]);
  });
});

describe("same-page merging", () => {
  test("is seen where pages are merged, and acquitted where none is", () => {
    expect(foundIn(merged(4096)).map(({ seen }) => seen)).toEqual(["directly"]);
    expect(foundIn(merged(null)).map(({ seen }) => seen)).toEqual(["inferred"]);
    expect(codesIn(merged(0))).toEqual([]);
    expect(codesIn(merged(null, { ...clean, of: "process" }))).toEqual([]);
  });

  test("that is being undone merges nothing", () => {
    expect(codesIn({ ...clean, kernel: { ...clean.kernel, ksmRun: 2 } })).toEqual([]);
  });
});

describe("what moves or frees memory between nodes", () => {
  test.each(["numad-running", "zone-reclaim-on"])("%s needs two nodes", (code) => {
    const on = set(clean, { numad: true, zoneReclaim: 1 });
    expect(codesIn(on)).toContain(code);
    expect(codesIn(oneNode(on))).toEqual([]);
  });
});

describe("clocks and sleep count on its own CPUs alone", () => {
  /** The settings of CPUs 0 and 16, which are the host's own, and of all others. */
  const split = (host: Partial<CpuSettings>, others: Partial<CpuSettings> = {}): Evidence =>
    onMachine(clean, ({ cpus }) => {
      const [all] = cpus ?? [];
      if (all === undefined) return {};
      return {
        cpus: [
          { ...all, ...host, cpus: "0,16" },
          { ...all, ...others, cpus: "1-15,17-31" },
        ],
      };
    });
  const slow: Partial<CpuSettings> = {
    maxKHz: 2_000_000,
    governor: "powersave",
    energyPreference: "balance_power",
    idleStates: [{ name: "C6", latencyUs: 170, disabled: false, entered: null }],
  };
  const codes = ["frequency-capped", "governor-saving", "deep-idle-states"];

  test("what is set on others costs it nothing", () => {
    expect(codesIn(split(slow))).toEqual([]);
    expect(codesIn(split({}, slow))).toEqual(codes);
  });

  test("they are unknown where its CPUs are unknown and not all are set alike", () => {
    const unknown = { ...split(slow), threads: null };
    expect(uncheckedIn(unknown)).toEqual(expect.arrayContaining(codes));
    expect(codesIn({ ...withCpus(clean, slow), threads: null })).toEqual(codes);
  });

  test("they are unknown where those of some of its CPUs were not read", () => {
    const none = { driver: null, governor: null, maxKHz: null, hardwareMaxKHz: null };
    const partly = split({}, { ...none, idleStates: null });
    const both = floating(partly, "0-31");
    expect(uncheckedIn(both)).toEqual(expect.arrayContaining(codes));
    expect(codesIn(floating(split(slow, { ...none, idleStates: null }), "0-31"))).toEqual(codes);
  });

  test("all count for a machine", () => {
    expect(codesIn({ ...split(slow), of: "machine" })).toEqual(codes);
  });

  test("a host without cpufreq, as most VMs, says nothing of clocks", () => {
    const none = { driver: null, governor: null, maxKHz: null, hardwareMaxKHz: null };
    const unknown = uncheckedIn(withCpus(clean, none));
    expect(unknown).toEqual(expect.arrayContaining(["frequency-capped", "governor-saving"]));
    expect(codesIn(withCpus(clean, none))).toEqual([]);
  });
});

describe("the governor", () => {
  const governed = (change: Partial<CpuSettings>): readonly Found[] =>
    foundIn(withCpus(clean, change));

  test.each([
    ["intel_pstate", "powersave", "performance"],
    ["amd-pstate-epp", "powersave", "performance"],
    ["acpi-cpufreq", "performance", null],
    ["intel_pstate", "performance", "balance_power"],
  ])("%s %s %s is fast", (driver, governor, energyPreference) => {
    expect(governed({ driver, governor, energyPreference })).toEqual([]);
  });

  test.each([
    ["intel_pstate", "powersave", "balance_performance"],
    ["intel_cpufreq", "schedutil", null],
    ["acpi-cpufreq", "ondemand", null],
    ["amd-pstate-epp", "powersave", "power"],
    [null, "powersave", null],
  ])(
    "%s %s %s clocks up late, at a price that nobody knows",
    (driver, governor, energyPreference) => {
      const [found] = governed({ driver, governor, energyPreference });
      expect(found).toMatchObject({ seen: "inferred", cost: { slowdown: null } });
    },
  );

  test("powersave of a driver that obeys it holds the lowest clock, priced by it", () => {
    const [found] = governed({ driver: "acpi-cpufreq", governor: "powersave" });
    expect(found).toMatchObject({ seen: "directly", cost: { slowdown: 4.75, basis: "measured" } });
    expect(found?.found).toBe("powersave holds them at 800 MHz");
  });
});

test("a cap is priced by the clocks, and one within rounding is none", () => {
  const [found] = foundIn(withCpus(clean, { maxKHz: 1_900_000 }));
  expect(found?.cost).toEqual({ slowdown: 2, basis: "measured" });
  expect(codesIn(withCpus(clean, { maxKHz: 3_799_000 }))).toEqual([]);
});

test("turbo is priced by the twin's clock, if the twin has it on an equal processor", () => {
  const off = set(withCpus(clean, { hardwareMaxKHz: 2_000_000, maxKHz: 2_000_000 }), {
    turbo: false,
  });
  const price = (other: Evidence): unknown =>
    foundIn(off, other).find(({ cause }) => cause.code === "turbo-off")?.cost;
  expect(price(twin)).toEqual({ slowdown: 1.9, basis: "measured" });
  const unknown = { slowdown: null, basis: "unknown" };
  expect(price(set(twin, { turbo: null }))).toEqual(unknown);
  expect(price(onProcessor(twin, "AMD EPYC 9654"))).toEqual(unknown);
  const { differences } = explain(off, twin);
  expect(differences.map(({ code, in: side }) => `${code} ${side}`)).toEqual(["turbo-off a"]);
});

test("a state that is disabled, short, or never entered does not keep its CPUs waiting", () => {
  const state = { name: "C6", latencyUs: 170, disabled: false, entered: 9 };
  const deep = (change: Partial<typeof state>): string[] =>
    codesIn(withCpus(clean, { idleStates: [{ ...state, ...change }] }));
  expect(deep({})).toEqual(["deep-idle-states"]);
  expect(deep({ latencyUs: 15 })).toEqual([]);
  expect(deep({ disabled: true })).toEqual([]);
  expect(deep({ entered: 0 })).toEqual([]);
  const none = withCpus(clean, { idleStates: null });
  expect(uncheckedIn(none)).toEqual(["deep-idle-states"]);
  expect(uncheckedIn(set(none, { bootOptions: ["idle=poll"] }))).toEqual([]);
});

describe("isolated CPUs", () => {
  const isolating = (...options: readonly string[]): Evidence =>
    floating(set(clean, { bootOptions: options }), "2-5");

  test("crowd threads that share them, but not those that are pinned or may leave", () => {
    expect(codesIn(isolating("isolcpus=2-9"))).toEqual(["isolated-crowd"]);
    expect(codesIn(isolating("isolcpus=nohz,domain,2-5"))).toEqual(["isolated-crowd"]);
    expect(codesIn(isolating("isolcpus=3-9"))).toEqual([]);
    expect(codesIn(set(clean, { bootOptions: ["isolcpus=0-31"] }))).toEqual([]);
  });

  test("may crowd threads whose CPUs were not read", () => {
    const partly = isolating("isolcpus=2-9");
    const threads = (partly.threads ?? []).map((one, i) => {
      return i === 5 ? one : { ...one, allowedCpus: null };
    });
    expect(uncheckedIn({ ...partly, threads })).toContain("isolated-crowd");
  });

  test("are balanced where they are isolated from ticks or interrupts alone", () => {
    expect(codesIn(isolating("isolcpus=nohz,managed_irq,2-9"))).toEqual([]);
    expect(codesIn(isolating("nohz_full=2-9"))).toEqual([]);
    expect(codesIn(isolating("isolcpus=managed_irq,2-x"))).toEqual([]);
  });

  test("are seen to crowd them only where two were on one CPU", () => {
    const spread = isolating("isolcpus=2-9");
    const threads = (spread.threads ?? []).map((thread, i) => ({ ...thread, lastCpu: i }));
    const seen = (evidence: Evidence): string[] => foundIn(evidence).map((one) => one.seen);
    expect(seen({ ...spread, threads })).toEqual(["inferred"]);
    expect(seen(onOne(spread))).toEqual(["directly"]);
  });
});

const onOne = (evidence: Evidence): Evidence => ({
  ...evidence,
  threads: (evidence.threads ?? []).map((thread) => ({ ...thread, lastCpu: 2 })),
});

describe("a quota of CPU time", () => {
  const quota = { quotaUs: 200_000, periodUs: 100_000 };
  const stopped = (throttledPeriods: number, throttledUs: number): readonly Found[] =>
    foundIn(limited(clean, { quota, throttled: { periods: 1000, throttledPeriods, throttledUs } }));

  test("of threads that always want to run costs their CPUs over the quota", () => {
    // Eight run for 25 of each 100 ms, and stand still for 75.
    const [found] = stopped(1000, 1000 * 8 * 75_000);
    expect(found?.cost).toEqual({ slowdown: 4, basis: "measured" });
  });

  test("costs no more than that, however long it counted", () => {
    const [found] = stopped(1000, 1e12);
    expect(found?.cost).toEqual({ slowdown: 4, basis: "measured" });
  });

  test("that was used up only at the start, or never, costs nothing", () => {
    expect(stopped(3, 90_000)).toEqual([]);
    expect(stopped(11, 90_000)).toHaveLength(1);
    expect(codesIn(limited(clean, { quota }))).toEqual([]);
  });

  test("may stop threads that have more CPUs, where nobody counted", () => {
    const [found] = foundIn(limited(clean, { quota, throttled: null }));
    expect(found).toMatchObject({ seen: "inferred", cost: { slowdown: null } });
    const wide = { quotaUs: 800_000, periodUs: 100_000 };
    expect(codesIn(limited(clean, { quota: wide, throttled: null }))).toEqual([]);
  });

  test("is unknown where neither that nor its CPUs were read", () => {
    const blind = (throttled: CgroupLimits["throttled"]): Evidence => ({
      ...limited(clean, { quota, throttled }),
      threads: null,
    });
    expect(uncheckedIn(blind(null))).toContain("cpu-quota");
    const counted = { periods: 1000, throttledPeriods: 0, throttledUs: 0 };
    expect(checkedIn(blind(counted), "cpu-quota")).toBe("its quota is not used up");
  });

  test("of a cgroup above counts as well, and the dearest is told first", () => {
    const [own] = limited(clean, {
      quota,
      throttled: { periods: 1000, throttledPeriods: 1000, throttledUs: 1e8 },
    }).cgroups;
    const above = { path: "/machine.slice", cpus: null, effectiveCpus: null };
    const dear = { periods: 1000, throttledPeriods: 500, throttledUs: 4e8 };
    const found = foundIn({
      ...clean,
      cgroups: [
        ...(own === undefined ? [] : [own]),
        ...(own?.limits == null
          ? []
          : [{ ...own, ...above, limits: { ...own.limits, throttled: dear } }]),
      ],
    });
    expect(found.map(({ about }) => about)).toEqual([
      "cgroup /machine.slice",
      "cgroup /machine.slice/llm-a.scope",
    ]);
  });
});

test("a low weight is felt where its threads waited, and a share of the usual weight is not", () => {
  const weighed = (waitedNs: number, cpuWeight: number): readonly Found[] =>
    foundIn({
      ...limited(clean, { cpuWeight }),
      threads: (clean.threads ?? []).map((thread) => ({ ...thread, waitedNs })),
    });
  expect(weighed(30e9, 1).map(({ seen }) => seen)).toEqual(["directly"]);
  expect(weighed(1e6, 1).map(({ seen }) => seen)).toEqual(["inferred"]);
  expect(weighed(30e9, 39)).toEqual([]);
});

describe("a limit on memory", () => {
  const limits = { memoryMaxBytes: 64 * GiB, memoryBytes: 64 * GiB, memoryReclaims: 90_000 };

  test("that only page cache ran into is no fault", () => {
    expect(codesIn(limited(clean, { ...limits, memoryCacheBytes: 40 * GiB }))).toEqual([]);
    expect(codesIn(limited(clean, { ...limits, memoryCacheBytes: 512 * MiB }))).toEqual([
      "memory-limited",
    ]);
  });

  test("that it never ran into is no fault", () => {
    expect(codesIn(limited(clean, { ...limits, memoryReclaims: 0 }))).toEqual([]);
  });

  test("counts from nine tenths on", () => {
    const kept = (memoryBytes: number): string[] =>
      codesIn(
        limited(clean, {
          memoryMaxBytes: 1e11,
          memoryBytes,
          memoryCacheBytes: 0,
          memoryReclaims: 9,
        }),
      );
    expect([kept(9e10), kept(9e10 - 1)]).toEqual([["memory-limited"], []]);
  });

  test("is unknown where its page cache was not read, but for a twin that never freed any", () => {
    const unread = limited(clean, { ...limits, memoryBytes: null, memoryCacheBytes: null });
    expect([codesIn(unread), uncheckedIn(unread)]).toEqual([[], ["memory-limited"]]);
    expect(foundIn(unread, twin).map(({ seen }) => seen)).toEqual(["inferred"]);
    expect(codesIn(unread, limited(twin, { memoryReclaims: 5 }))).toEqual([]);
    expect(codesIn(unread, { ...twin, cgroups: [] })).toEqual([]);
  });

  test("is unknown where nobody counted, unless there is room below it", () => {
    const uncounted = { ...limits, memoryReclaims: null };
    const full = limited(clean, { ...uncounted, memoryCacheBytes: 0 });
    expect([codesIn(full), uncheckedIn(full)]).toEqual([[], ["memory-limited"]]);
    const roomy = limited(clean, { ...uncounted, memoryCacheBytes: 40 * GiB });
    expect(checkedIn(roomy, "memory-limited")).toBe("its limits leave it room");
  });

  test("of the lower of two is told by its name", () => {
    const [found] = foundIn(
      limited(clean, { ...limits, memoryHighBytes: 60 * GiB, memoryCacheBytes: 0 }),
    );
    expect(found?.evidence[0]).toContain("memory.high");
  });
});

test("split huge pages are told of VMs and machines alone", () => {
  const split = set(clean, { nxHugePages: true });
  expect(codesIn({ ...split, of: "machine" })).toEqual(["nx-huge-pages"]);
  expect(codesIn({ ...split, of: "process" })).toEqual([]);
});

describe("mere differences", () => {
  const differing: Partial<MachineSettings> = {
    kernelRelease: "5.10.0-28-amd64",
    microcode: "0x2b000639",
    smt: "off",
    bootOptions: ["intel_iommu=on", "iommu=pt", "pci=noats"],
    vulnerabilities: [{ name: "gather_data_sampling", state: "Mitigation: Microcode" }],
  };

  test("are told only beside a twin that has something else", () => {
    const other = set(clean, differing);
    expect(codesIn(other)).toEqual([]);
    expect(codesIn(other, set(twin, differing))).toEqual([]);
    expect(codesIn(other, twin)).toHaveLength(5);
  });

  test("are told of one of the two, so that they set them apart", () => {
    for (const [field, value] of Object.entries(differing)) {
      const { differences } = explain(set(clean, { [field]: value }), twin);
      expect(
        differences.map(({ in: side }) => side),
        field,
      ).toEqual(["a"]);
    }
  });

  test("options that help are missed by who lacks them", () => {
    const options = (...bootOptions: readonly string[]): Evidence => set(clean, { bootOptions });
    const apart = (a: Evidence, b: Evidence): string[] =>
      explain(a, b).differences.map(({ found, in: side }) => `${side}: ${found}`);
    expect(apart(options("iommu=pt", "quiet"), options("quiet"))).toEqual(["b: lacks iommu=pt"]);
    expect(apart(options("pci=noats"), options("isolcpus=2-9"))).toEqual([
      "a: has pci=noats; lacks isolcpus=2-9",
    ]);
    expect(apart(options("a=1", "b=2"), options("b=2", "a=1"))).toEqual([]);
  });

  test("an option is told by the cause of what it brings about, where that shows", () => {
    const off = set(twin, {
      bootOptions: ["intel_iommu=on", "iommu=pt", "mitigations=off"],
      vulnerabilities: [{ name: "spectre_v2", state: "Vulnerable" }],
    });
    expect(explain(clean, off).differences.map(({ code }) => code)).toEqual(["mitigations-differ"]);
    const on = set(clean, { bootOptions: ["intel_iommu=on", "iommu=pt", "spectre_v2=on"] });
    const none = set(off, { bootOptions: ["intel_iommu=on", "iommu=pt"] });
    expect(explain(on, none).differences.map(({ code }) => code)).toEqual(["mitigations-differ"]);
    const asked = set(clean, { bootOptions: ["intel_iommu=on"] });
    const domains = (evidence: Evidence, iommuDomain: string | null): Evidence => ({
      ...evidence,
      devices: evidence.devices.map((device) => ({ ...device, iommuDomain })),
    });
    // What nobody read of one of the two shows no difference.
    const told = (of: Evidence): string[] => explain(of, twin).differences.map(({ code }) => code);
    expect(told(domains(asked, null))).toEqual(["boot-options-differ"]);
    expect(told(domains(asked, "DMA-FQ"))).toEqual([]);
    const unread = set(off, { vulnerabilities: null });
    expect(explain(clean, unread).differences.map(({ code }) => code)).toEqual([
      "boot-options-differ",
    ]);
  });

  test.each([
    ["Mitigation: IBRS", "Mitigation: Enhanced / Automatic IBRS; IBPB: conditional"],
    ["Mitigation: IBPB", "Mitigation: Safe RET"],
    [
      "Mitigation: Speculative Store Bypass disabled",
      "Mitigation: Speculative Store Bypass disabled via prctl",
    ],
    [
      "Mitigation: PTE Inversion; VMX: cache flushes, SMT disabled",
      "Mitigation: PTE Inversion; VMX: conditional cache flushes, SMT vulnerable",
    ],
    ["KVM: Mitigation: Split huge pages", "KVM: Vulnerable"],
    ["Mitigation: PTI", "Not affected"],
  ])("%s costs more than %s", (more, less) => {
    const state = (evidence: Evidence, own: string): Evidence =>
      set(evidence, { vulnerabilities: [{ name: "it", state: own }] });
    expect(codesIn(state(clean, more), state(twin, less))).toEqual(["mitigations-differ"]);
    expect(codesIn(state(clean, less), state(twin, more))).toEqual([]);
  });

  test("of two hosts with equal processors, that with four nodes a socket is told of", () => {
    const cut = (evidence: Evidence, machine: string): Evidence =>
      onMachine(evidence, () => ({
        topology: syntheticTopology(`cpu:"AMD EPYC 9575F" package:2 ${machine}`, "host"),
      }));
    const [four, one] = ["node:4 core:16 memory:64Gi", "core:64 memory:256Gi"];
    expect(codesIn(cut(clean, four), cut(twin, one))).toEqual(["firmware-differs"]);
    expect(codesIn(cut(clean, one), cut(twin, four))).toEqual([]);
    // Nodes whose CPUs nobody told may have none.
    const untold = onMachine(cut(clean, four), ({ topology }) => ({
      topology:
        topology === null
          ? null
          : {
              ...topology,
              nodes: topology.nodes.map((node) =>
                node.id % 4 === 0 ? { ...node, cpus: null } : node,
              ),
            },
    }));
    expect(codesIn(untold, cut(twin, one))).toEqual([]);
    const { unchecked } = diagnose(subjectOf(untold), subjectOf(cut(twin, one)), settingsCauses);
    expect(unchecked.map(({ code }) => code)).toContain("firmware-differs");
    // Of another processor that says nothing.
    expect(codesIn(cut(clean, four), twin)).toEqual(["processor-differs"]);
  });

  test("microcode of another processor is not compared", () => {
    const other = onProcessor(set(clean, { microcode: "0xd0003f50" }), "AMD EPYC 9654");
    expect(codesIn(other, twin)).toEqual(["processor-differs"]);
  });
});

test("versions are compared by their numbers", () => {
  const ascending = ["3.10", "5.4.0-99-generic", "5.4.0-100-generic", "5.15", "5.15.1", "6.1"];
  for (const [i, older] of ascending.entries()) {
    for (const newer of ascending.slice(i + 1)) {
      expect(byVersion(older, newer), `${older} ${newer}`).toBeLessThan(0);
      expect(byVersion(newer, older), `${newer} ${older}`).toBeGreaterThan(0);
    }
    expect(byVersion(older, older)).toBe(0);
  }
});
