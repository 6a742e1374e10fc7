import type { MachineSettings } from "@evenkeel/core/evidence/machine-evidence.ts";
import { sum } from "@evenkeel/core/unit/sum.ts";
import { parseLastCpu } from "../procfs/parse-task.ts";
import { clocksource } from "../sysfs/clocksource.ts";
import { cpuDirectory } from "../sysfs/processors.ts";
import { indexedNames, readCount, readIndex, readLine } from "../sysfs/values.ts";
import { shown } from "../text/shown.ts";
import type { Tree } from "../tree/tree.ts";
import { keptFlags } from "../guest-check/guest-facts.ts";
import { bootOptions } from "./boot-options.ts";
import { processIds } from "../procfs/process-ids.ts";

/**
 * Reads how the whole machine is set. What its kernel has no file for is null.
 *
 * The cost is some thirty small files, and one for each process of the machine: only their names
 * tell whether numad and irqbalance run.
 */
export function readMachineSettings(tree: Tree): MachineSettings {
  const commandLine = tree.readText("/proc/cmdline");
  const running = runningPrograms(tree, ["numad", "irqbalance"]);
  return {
    kernelRelease: kernelRelease(tree),
    bootOptions: commandLine === null ? null : bootOptions(commandLine),
    microcode: microcode(tree),
    smt: word(tree, `${cpuDirectory}/smt/control`),
    vulnerabilities: vulnerabilities(tree),
    nxHugePages: nxHugePages(tree),
    cpuFlags: cpuFlags(tree),
    turbo: turbo(tree),
    shmemHugepages: shmemHugepages(tree),
    zoneReclaim: readCount(tree, "/proc/sys/vm/zone_reclaim_mode"),
    numad: running?.has("numad") ?? null,
    irqbalance: running?.has("irqbalance") ?? null,
    clocksource: clocksource(tree),
    stolenShare: stolenShare(tree),
    busyKHz: busyKHz(tree),
    splitLockSlowed: splitLockSlowed(tree),
    fabricMode: fabricMode(tree),
  };
}

/**
 * The share of stolen time in all that is not idle, since the start, from the sum of all CPUs:
 * user, nice, system, idle, iowait, irq, softirq, steal. Guests' time is in user and nice already.
 */
function stolenShare(tree: Tree): number | null {
  const stat = tree.readText("/proc/stat") ?? "";
  const [, said = ""] = /^cpu +((?:\d{1,19} ?){8,10})$/m.exec(stat) ?? [];
  const times = said.split(" ").map(Number);
  const stolen = times[7];
  const busy = sum([0, 1, 2, 5, 6, 7].flatMap((i) => times[i] ?? []));
  return stolen === undefined || busy === 0 ? null : Math.round((stolen / busy) * 1e4) / 1e4;
}

/** The clock of the CPU that reads this, which has been busy for a while with reading the rest. */
function busyKHz(tree: Tree): number | null {
  const cpu = parseLastCpu(tree.readText("/proc/self/stat") ?? "");
  return cpu === null
    ? null
    : readCount(tree, `${cpuDirectory}/cpu${cpu}/cpufreq/scaling_cur_freq`);
}

/** Of its configuration nothing else is read. */
function fabricMode(tree: Tree): number | null {
  const text = tree.readText("/usr/share/nvidia/nvswitch/fabricmanager.cfg") ?? "";
  const [, mode] = /^FABRIC_MODE=(\d)\s*$/m.exec(text) ?? [];
  return mode === undefined ? null : Number(mode);
}

function splitLockSlowed(tree: Tree): boolean | null {
  const said = readIndex(tree, "/proc/sys/kernel/split_lock_mitigate");
  return said === null ? null : said !== 0;
}

function word(tree: Tree, path: string, max = 32): string | null {
  const line = readLine(tree, path);
  return line === null ? null : shown(line, max);
}

/** As `uname -r` says it; older recordings have only the long text. */
function kernelRelease(tree: Tree): string | null {
  const release = word(tree, "/proc/sys/kernel/osrelease", 256);
  if (release !== null) return release;
  const [, said = ""] =
    /^Linux version (\S{1,128})/.exec(tree.readText("/proc/version") ?? "") ?? [];
  return shown(said, 256);
}

/** The first CPU's stands for all: the kernel loads the same on each. */
function microcode(tree: Tree): string | null {
  const loaded = word(tree, `${cpuDirectory}/cpu0/microcode/version`, 64);
  if (loaded !== null) return loaded;
  const [, said = ""] =
    /^microcode\s*: (\S{1,32})$/m.exec(tree.readText("/proc/cpuinfo") ?? "") ?? [];
  return shown(said, 64);
}

/** The first CPU's: those that a guest can be shown, as its report has them. */
function cpuFlags(tree: Tree): readonly string[] | null {
  const [, said = null] =
    /^(?:flags|Features)\s*: ([^\n]{1,8192})$/m.exec(tree.readText("/proc/cpuinfo") ?? "") ?? [];
  return said === null ? null : keptFlags(said.split(" "));
}

/** https://docs.kernel.org/admin-guide/hw-vuln/index.html */
function vulnerabilities(tree: Tree): MachineSettings["vulnerabilities"] {
  const folder = `${cpuDirectory}/vulnerabilities`;
  const found = tree
    .list(folder)
    .slice(0, 64)
    .flatMap((file) => {
      const [name, state] = [shown(file, 64), word(tree, `${folder}/${file}`, 512)];
      return name === null || state === null ? [] : [{ name, state }];
    });
  return found.length === 0 ? null : found;
}

/** `never` also keeps it from being turned on (Documentation/admin-guide/hw-vuln/multihit.rst). */
function nxHugePages(tree: Tree): boolean | null {
  const said = readLine(tree, "/sys/module/kvm/parameters/nx_huge_pages");
  if (said === null) return null;
  return /^[Y1]/i.test(said) ? true : /^(N|0|never)/i.test(said) ? false : null;
}

/** The GB10 has 154 for 150: less than anybody notices. */
const littleTurbo = 1.03;

/**
 * Whether the processor may exceed its base frequency: intel_pstate says when it may not, other
 * drivers when it may. A processor whose best performance is hardly above what it holds for long
 * has nothing to turn off: NVIDIA's Grace says 0 so (Documentation/admin-guide/pm/cpufreq.rst,
 * Documentation/admin-guide/acpi/cppc_sysfs.rst).
 */
function turbo(tree: Tree): boolean | null {
  const off = readIndex(tree, `${cpuDirectory}/intel_pstate/no_turbo`);
  if (off !== null) return off === 0;
  const on = readIndex(tree, `${cpuDirectory}/cpufreq/boost`);
  if (on !== 0) return on === null ? null : true;
  const ratings = indexedNames(tree, cpuDirectory, "cpu").flatMap((cpu) => {
    const folder = `${cpuDirectory}/cpu${cpu}/acpi_cppc`;
    const best = readIndex(tree, `${folder}/highest_perf`);
    const nominal = readIndex(tree, `${folder}/nominal_perf`);
    return best === null || nominal === null ? [] : [{ best, nominal }];
  });
  const hasNone =
    ratings.length > 0 && ratings.every(({ best, nominal }) => best <= nominal * littleTurbo);
  return hasNone ? null : false;
}

function shmemHugepages(tree: Tree): string | null {
  const modes = readLine(tree, "/sys/kernel/mm/transparent_hugepage/shmem_enabled");
  return /\[([a-z_]{1,16})\]/.exec(modes ?? "")?.[1] ?? null;
}

/**
 * Which of these programs run; null where the processes in sight are not the machine's, as in a
 * container, which shows when the kernel's own threads are missing.
 */
function runningPrograms(tree: Tree, names: readonly string[]): ReadonlySet<string> | null {
  if (readLine(tree, "/proc/2/comm") !== "kthreadd") return null;
  const running = new Set<string>();
  for (const pid of processIds(tree)) {
    const name = readLine(tree, `/proc/${pid}/comm`) ?? "";
    if (names.includes(name)) running.add(name);
    if (running.size === names.length) break;
  }
  return running;
}
