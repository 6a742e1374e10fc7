import { describe, expect, test } from "vitest";
import { GiB, KiB } from "@evenkeel/core/unit/bytes.ts";
import { treeOf, within } from "../../testing/sysfs/tree-of.ts";
import { bootOptions } from "./boot-options.ts";
import { readCpus } from "./read-cpus.ts";
import { readNodes } from "./read-nodes.ts";
import { readMachineSettings } from "./read-settings.ts";

const cpu = "/sys/devices/system/cpu";

describe("the machine's settings", () => {
  const settings = (files: Readonly<Record<string, string>>) => readMachineSettings(treeOf(files));

  test("that a kernel has no files for are unknown", () => {
    expect(Object.values(settings({})).every((value) => value === null)).toBe(true);
  });

  test("are what the kernel says", () => {
    const files = {
      "/proc/sys/kernel/osrelease": "6.8.0-45-generic\n",
      "/proc/cmdline": "BOOT_IMAGE=/vmlinuz root=UUID=1-2 password=hunter2 iommu=pt nosmt\n",
      "/proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu avx avx2 erms amx_tile\n",
      "/proc/sys/vm/zone_reclaim_mode": "1\n",
      "/sys/kernel/mm/transparent_hugepage/shmem_enabled":
        "always [within_size] advise never deny force\n",
      "/sys/module/kvm/parameters/nx_huge_pages": "Y\n",
      "/proc/2/comm": "kthreadd\n",
      "/proc/77/comm": "numad\n",
      "/proc/stat": "cpu  600 0 100 9000 50 0 0 300 20 0\ncpu0 1 0 0 0 0 0 0 0 0 0\n",
      "/proc/self/stat": `9 (node) R ${"1 ".repeat(35)}3 0 0\n`,
      "/proc/sys/kernel/split_lock_mitigate": "1\n",
      "/usr/share/nvidia/nvswitch/fabricmanager.cfg":
        "# FABRIC_MODE=0\nLOG_LEVEL=4\nFABRIC_MODE=1\nUNIX_SOCKET_PATH=/run/fm\n",
      "/sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet\n",
      ...within(cpu, {
        "cpu0/microcode/version": "0x2b000603\n",
        "smt/control": "forceoff\n",
        "vulnerabilities/l1tf": "Not affected\n",
        "vulnerabilities/spectre_v2": "Mitigation: Retpolines; IBPB: conditional\n",
        "intel_pstate/no_turbo": "1\n",
        "cpu3/cpufreq/scaling_cur_freq": "800000\n",
      }),
    };
    expect(settings(files)).toEqual({
      kernelRelease: "6.8.0-45-generic",
      bootOptions: ["iommu=pt", "nosmt"],
      microcode: "0x2b000603",
      cpuFlags: ["avx", "avx2", "amx_tile"],
      smt: "forceoff",
      vulnerabilities: [
        { name: "l1tf", state: "Not affected" },
        { name: "spectre_v2", state: "Mitigation: Retpolines; IBPB: conditional" },
      ],
      nxHugePages: true,
      turbo: false,
      shmemHugepages: "within_size",
      zoneReclaim: 1,
      numad: true,
      irqbalance: false,
      clocksource: "hpet",
      stolenShare: 0.3,
      busyKHz: 800_000,
      splitLockSlowed: true,
      fabricMode: 1,
    });
  });

  test.each([
    ["a machine that did nothing yet", "cpu  0 0 0 9000 50 0 0 0 0 0\n"],
    ["a kernel that counts nothing stolen", "cpu  1 2 3 4 5 6 7\n"],
    ["no counters", "cpu0 1 2 3 4 5 6 7 8 9 10\n"],
  ])("%s tells nothing of stolen time", (_, stat) => {
    expect(settings({ "/proc/stat": stat }).stolenShare).toBeNull();
  });

  test("are found in the older places too", () => {
    const { kernelRelease, microcode } = settings({
      "/proc/version": "Linux version 4.18.0-513.el8.x86_64 (mockbuild@x) (gcc) #1 SMP\n",
      "/proc/cpuinfo": "processor\t: 0\nmicrocode\t: 0xd0003f5\n",
    });
    expect([kernelRelease, microcode]).toEqual(["4.18.0-513.el8.x86_64", "0xd0003f5"]);
  });

  test("a container, which sees none of the kernel's threads, cannot tell what runs", () => {
    const { numad, irqbalance } = settings({ "/proc/1/comm": "sh\n", "/proc/2/comm": "python3\n" });
    expect([numad, irqbalance]).toEqual([null, null]);
  });

  test.each([
    ["Y", true],
    ["N", false],
    ["never", false],
    ["auto", null],
  ])("nx_huge_pages %s", (said, expected) => {
    const files = { "/sys/module/kvm/parameters/nx_huge_pages": `${said}\n` };
    expect(settings(files).nxHugePages).toBe(expected);
  });

  test("turbo is off only where there is some to turn off", () => {
    const turbo = (files: Readonly<Record<string, string>>) => settings(within(cpu, files)).turbo;
    const rated = (highest: number) => ({
      "cpufreq/boost": "0\n",
      "cpu3/acpi_cppc/highest_perf": `${highest}\n`,
      "cpu3/acpi_cppc/nominal_perf": "150\n",
    });
    expect(turbo({ "intel_pstate/no_turbo": "0\n" })).toBe(true);
    expect(turbo({ "cpufreq/boost": "1\n" })).toBe(true);
    expect(turbo({ "cpufreq/boost": "0\n" })).toBe(false);
    expect(turbo(rated(196))).toBe(false);
    expect(turbo(rated(150))).toBeNull();
    expect(turbo(rated(154))).toBeNull();
  });
});

test("of a command line only the listed options are kept, and none of the first process's", () => {
  const line =
    'root=/dev/sda1 token=abc intel-iommu=on isolcpus="2-9" hugepagesz=1G hugepages=32 numa=off ' +
    "pci=noats mitigationsx=off processor.max_cstate=1 -- mitigations=off\n";
  expect(bootOptions(line)).toEqual([
    "intel-iommu=on",
    "isolcpus=2-9",
    "hugepagesz=1G",
    "hugepages=32",
    "numa=off",
    "pci=noats",
    "processor.max_cstate=1",
  ]);
  expect(bootOptions("")).toEqual([]);
});

describe("the CPUs' settings", () => {
  /** A CPU with a governor, and an idle state below POLL. */
  const files = (
    id: number,
    governor: string,
    more: Readonly<Record<string, string>> = {},
  ): Record<string, string> =>
    within(`${cpu}/cpu${id}`, {
      "topology/core_id": `${id}\n`,
      "cpufreq/scaling_driver": "intel_pstate\n",
      "cpufreq/scaling_governor": `${governor}\n`,
      "cpufreq/scaling_min_freq": "800000\n",
      "cpufreq/scaling_max_freq": "3800000\n",
      "cpufreq/cpuinfo_max_freq": "3800000\n",
      "cpuidle/state0/name": "POLL\n",
      "cpuidle/state0/latency": "0\n",
      "cpuidle/state10/name": "C6\n",
      "cpuidle/state10/latency": "170\n",
      "cpuidle/state10/disable": "0\n",
      "cpuidle/state10/usage": "40\n",
      ...more,
    });
  const read = (...all: readonly Record<string, string>[]) =>
    readCpus(treeOf(Object.assign({ [`${cpu}/online`]: "0-3\n" }, ...all)));

  test("of those alike are one, with all times that they slept", () => {
    const cpus = read(
      files(0, "performance"),
      files(1, "powersave"),
      files(2, "performance", { "cpuidle/state10/usage": "2\n" }),
      files(3, "performance"),
    );
    expect(cpus).toEqual([
      {
        cpus: "0,2-3",
        driver: "intel_pstate",
        governor: "performance",
        energyPreference: null,
        minKHz: 800_000,
        maxKHz: 3_800_000,
        hardwareMaxKHz: 3_800_000,
        idleStates: [
          { name: "POLL", latencyUs: 0, disabled: false, entered: null },
          { name: "C6", latencyUs: 170, disabled: false, entered: 82 },
        ],
      },
      expect.objectContaining({ cpus: "1", governor: "powersave" }),
    ]);
  });

  test("say that a state is disabled, and that a CPU may not sleep so deeply", () => {
    const disabled = (more: Readonly<Record<string, string>>) =>
      read(files(0, "performance", more))?.[0]?.idleStates?.[1]?.disabled;
    expect(disabled({ "cpuidle/state10/disable": "1\n" })).toBe(true);
    expect(disabled({ "power/pm_qos_resume_latency_us": "100\n" })).toBe(true);
    expect(disabled({ "power/pm_qos_resume_latency_us": "200\n" })).toBe(false);
    expect(disabled({ "power/pm_qos_resume_latency_us": "0\n" })).toBe(false);
    const none = read(files(0, "performance", { "power/pm_qos_resume_latency_us": "n/a\n" }));
    // Polling takes no time to wake up from.
    expect(none?.[0]?.idleStates?.map((one) => one.disabled)).toEqual([false, true]);
  });

  test("have intel_pstate's limit for all CPUs as well", () => {
    const [own] =
      read(files(0, "performance"), { [`${cpu}/intel_pstate/max_perf_pct`]: "50\n" }) ?? [];
    expect(own).toMatchObject({ maxKHz: 1_900_000, hardwareMaxKHz: 3_800_000 });
  });

  test("are not those of CPUs that are off, and unknown where there is neither", () => {
    const off = read(files(0, "performance"), files(4, "performance"));
    expect(off?.map(({ cpus }) => cpus)).toEqual(["0"]);
    expect(read({ [`${cpu}/cpu0/topology/core_id`]: "0\n" })).toBeNull();
  });
});

describe("the nodes' memory", () => {
  const node = (id: number, files: Readonly<Record<string, string>>): Record<string, string> =>
    within(`/sys/devices/system/node/node${id}`, files);

  test("is free, or cached without shared memory, or went elsewhere", () => {
    const kB = (name: string, bytes: number): string => `Node 1 ${name}: ${bytes / KiB} kB\n`;
    const meminfo =
      kB("MemTotal", 64 * GiB) +
      kB("MemFree", 3 * GiB) +
      kB("FilePages", 20 * GiB) +
      kB("Shmem", 16 * GiB);
    const tree = treeOf({
      ...node(1, { meminfo, numastat: "numa_hit 5\nnuma_miss 0\nnuma_foreign 4711\n" }),
      ...node(0, { cpulist: "0\n" }),
    });
    expect(readNodes(tree)).toEqual([
      { id: 0, memoryBytes: null, freeBytes: null, cacheBytes: null, foreignPages: null },
      {
        id: 1,
        memoryBytes: 64 * GiB,
        freeBytes: 3 * GiB,
        cacheBytes: 4 * GiB,
        foreignPages: 4711,
      },
    ]);
  });

  test("is unknown on a kernel without nodes", () => {
    expect(readNodes(treeOf({}))).toBeNull();
  });
});
