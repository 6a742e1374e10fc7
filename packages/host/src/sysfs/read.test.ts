import * as fc from "fast-check";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { contradictions } from "@evenkeel/core/topology/check.ts";
import { readArchive } from "../archive/read-archive.ts";
import { corpus } from "../../testing/corpus.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { directoryTree, liveTree } from "../tree/directory-tree.ts";
import { memoryTree } from "../tree/memory-tree.ts";
import { onlyMachine } from "../tree/roots.ts";
import { readSysfs } from "./read.ts";
import { cpuFiles, treeOf } from "../../testing/sysfs/tree-of.ts";

const scratch = scratchFolder();

test("A tree without CPUs is refused", () => {
  expect(() => readSysfs(treeOf({ "/sys/class/dmi/id/sys_vendor": "x" }))).toThrow(
    expect.objectContaining({ code: "tree-empty", where: "test" }),
  );
});

test("A machine has the name that the caller gives, or that of its file", () => {
  const files = new Map(Object.entries(cpuFiles(0, "0", 0)));
  const named = (where: string): string => readSysfs(memoryTree(files, new Map(), where)).name;
  expect(named("/tmp/host7.tar.bz2")).toBe("host7");
  expect(named("recordings/host8.tgz")).toBe("host8");
  expect(named("/srv/host9")).toBe("host9");
  expect(named("/")).toBe("host");
  expect(readSysfs(memoryTree(files, new Map(), "x"), "mine").name).toBe("mine");
});

test.skipIf(process.platform !== "linux")(
  "This machine's cores and nodes are those of lscpu",
  () => {
    const topology = readSysfs(liveTree());
    expect(contradictions(topology)).toEqual([]);
    const text = execFileSync("lscpu", ["-p=CPU,CORE,NODE"], { encoding: "utf8" });
    const rows = text.split("\n").filter((line) => /^\d/.test(line));
    const grouped = (column: number): string[] =>
      [...Map.groupBy(rows, (row) => row.split(",")[column] ?? "")]
        .map(([, members]) => formatList(indexSet(members.map((row) => parseInt(row, 10)))))
        .toSorted();
    expect(topology.cores.map(({ cpus }) => cpus).toSorted()).toEqual(grouped(1));
    const withCpus = topology.nodes
      .map(({ cpus }) => cpus)
      .filter((cpus) => cpus !== null && cpus !== "");
    expect(withCpus.map(String).toSorted()).toEqual(grouped(2));
  },
);

const recording = corpus("sysfs-hwloc/32em64t-2n8c+dax+nvme+mic+dimms.tar.bz2");

test.skipIf(recording === null)(
  "A recording reads the same from its tar and unpacked",
  async () => {
    const folder = join(scratch, "unpacked");
    execFileSync("mkdir", [folder]);
    execFileSync("tar", ["xjf", recording ?? "", "-C", folder, "--no-same-owner"]);
    const unpacked = readSysfs(onlyMachine(directoryTree(folder)), "machine");
    expect(unpacked).toEqual(readSysfs(onlyMachine(await readArchive(recording ?? "")), "machine"));
    expect(unpacked.pci.length).toBe(137);
  },
);

/** A small machine with something of everything, to be damaged. */
const device = "/sys/devices/pci0000:00/0000:00:01.0";
const node = "/sys/devices/system/node";
const whole: readonly (readonly [string, string])[] = [
  ...Object.entries(cpuFiles(0, "0-1", 0)),
  ...Object.entries(cpuFiles(1, "0-1", 0)),
  ...Object.entries(cpuFiles(2, "2-3", 1)),
  ...Object.entries(cpuFiles(3, "2-3", 1)),
  ["/sys/devices/system/cpu/online", "0-3\n"],
  ["/sys/devices/system/cpu/present", "0-3\n"],
  ["/sys/devices/system/cpu/cpu0/cache/index3/level", "3\n"],
  ["/sys/devices/system/cpu/cpu0/cache/index3/type", "Unified\n"],
  ["/sys/devices/system/cpu/cpu0/cache/index3/shared_cpu_list", "0-3\n"],
  ["/sys/devices/system/cpu/cpu0/topology/cluster_id", "0\n"],
  ["/sys/devices/system/cpu/cpu0/topology/cluster_cpus_list", "0-3\n"],
  [`${node}/node0/cpulist`, "0-1\n"],
  [`${node}/node0/meminfo`, "Node 0 MemTotal: 8386704 kB\n"],
  [`${node}/node0/distance`, "10 21\n"],
  [`${node}/node0/hugepages/hugepages-2048kB/nr_hugepages`, "5\n"],
  [`${node}/node0/hugepages/hugepages-2048kB/free_hugepages`, "5\n"],
  [`${node}/node0/access0/initiators/node0/x`, "\n"],
  [`${node}/node0/access0/initiators/read_latency`, "80\n"],
  [`${node}/node1/cpulist`, "2-3\n"],
  [`${node}/node1/distance`, "21 10\n"],
  [`${device}/class`, "0x030200\n"],
  [`${device}/vendor`, "0x10de\n"],
  [`${device}/device`, "0x2330\n"],
  [`${device}/numa_node`, "0\n"],
  [`${device}/local_cpulist`, "0-1\n"],
  [`${device}/resource`, "0x92000000 0x92ffffff 0x40200\n"],
  [`${device}/max_link_speed`, "32.0 GT/s PCIe\n"],
  [`${device}/max_link_width`, "16\n"],
  [`${device}/mem_info_vram_total`, "1024\n"],
  ["/proc/cpuinfo", "model name: CPU\nflags: lm\n"],
  ["/proc/driver/nvidia/gpus/0000:00:01.0/information", "Model: X\nGPU UUID: GPU-0\n"],
];
const links = new Map([
  ["/sys/bus/pci/devices/0000:00:01.0", "../../../devices/pci0000:00/0000:00:01.0"],
  [`${device}/driver`, "../../../bus/pci/drivers/nvidia"],
]);

test("A damaged tree is read without contradictions, or refused with a code", () => {
  const nonsense = fc.oneof(
    fc.constantFrom("", "\n", "-1\n", "0\n", "0-3\n", "7\n", "3,1-2\n", "ffffffff,ffffffff\n"),
    fc.constantFrom(
      "0-65535\n",
      "65536\n",
      "18446744073709551615\n",
      "1e9\n",
      "0x0\n",
      "NaN",
      "\0\0",
    ),
    fc.string({ maxLength: 40 }),
    fc.uint8Array({ maxLength: 40 }),
  );
  const damage = fc.record({ at: fc.nat(whole.length - 1), to: fc.option(nonsense) });
  const outcomes = { read: 0, refused: 0 };
  fc.assert(
    fc.property(fc.array(damage, { maxLength: 6 }), (damages) => {
      const files = new Map<string, string | Uint8Array>(whole);
      for (const { at, to } of damages) {
        const path = whole[at]?.[0] ?? "";
        if (to === null) files.delete(path);
        else files.set(path, to);
      }
      try {
        const topology = readSysfs(memoryTree(files, links, "damaged"));
        outcomes.read++;
        expect(contradictions(topology)).toEqual([]);
      } catch (error) {
        if (!(error instanceof EvenkeelError)) throw error;
        outcomes.refused++;
        expect(["tree-malformed", "tree-empty"]).toContain(error.code);
      }
    }),
    { numRuns: 1500 },
  );
  // Most wrong contents of a file make a fact unknown, and not the machine unreadable.
  expect(outcomes.read).toBeGreaterThan(outcomes.refused);
  expect(outcomes.refused).toBeGreaterThan(0);
});
