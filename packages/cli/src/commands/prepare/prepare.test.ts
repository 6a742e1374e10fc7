import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel } from "../../../testing/evenkeel.ts";

const head = "apiVersion: evenkeel/v1\n";
const flavor = (name: string, spec: string): string =>
  `${head}kind: Flavor\nmetadata: { name: ${name} }\nspec: { ${spec} }\n`;
const pair = flavor("pair", "accelerators: { count: 2 }, vcpus: 8, memory: 16Gi, hugepages: 1Gi");
const vm = `---\n${head}kind: VirtualMachine\nmetadata: { name: llm }\nspec: { flavor: pair }\n`;

const machine =
  'synthetic:package:2 core:8 thread:2 memory:64Gi hugepages:none distances:10/21 cpu:"Intel Xeon" ' +
  "root[gpu:h100-sxm gpu:h100-sxm]";

const prepare = (stdin: string, ...more: readonly string[]) =>
  evenkeel(["prepare", "-", ...more], { stdin });

test("it prints what a machine needs: the boot line, the pages and the devices, and ends with 3", async () => {
  const { stdout, stderr, status } = await prepare(pair, "--on", machine);
  expect({ stderr, status }).toEqual({ stderr: "", status: 3 });
  expect(stdout).toContain("pair  2 VMs");
  expect(stdout).toContain("intel_iommu=on iommu=pt vfio-pci.ids=10de:2330 default_hugepagesz=1G");
  expect(stdout).toContain("hugepages=0:16,1:16");
  expect(stdout).toContain("shuf -e 16 -o /sys/devices/system/node/node1/hugepages/");
});

test("where only facts of the running machine are not told, it ends with 4 and says who would tell", async () => {
  const done = machine.replace("hugepages:none", "hugepages:16x1Gi");
  const { stdout, status } = await prepare(pair, "--on", done);
  expect(status).toBe(4);
  expect(stdout).toContain("to know  run prepare on the machine itself");
});

test("VirtualMachines of the file and counted flavors run at the same time", async () => {
  const files = await prepare(`${pair}${vm}`, "--on", machine, "--output", "json");
  expect(JSON.parse(files.stdout).room).toMatchObject([
    { flavor: "pair", vms: 2, wanted: null },
    { flavor: "pair", vms: 1, wanted: 1 },
  ]);
  const more = await prepare(pair, "--on", machine, "--vms", "pair=3", "--output", "json");
  expect(JSON.parse(more.stdout)).toMatchObject({
    kind: "Preparation",
    prepared: false,
    room: [{ flavor: "pair", vms: 2, wanted: 3 }],
  });
});

test("what cannot be meant is refused with its code", async () => {
  const cases: readonly (readonly [stdin: string, argv: readonly string[], code: string])[] = [
    [pair, ["--vms", "pair"], "usage"],
    [pair, ["--vms", "pear=1"], "flavor-unknown"],
    [`${pair}---\n${pair}`, [], "usage"],
    [`${head}kind: HostPolicy\n`, [], "document-invalid"],
    [vm.slice(4), [], "flavor-unknown"],
    [pair, ["--on", "-"], "usage"],
  ];
  for (const [stdin, argv, code] of cases) {
    const { stderr, status } = await prepare(stdin, ...argv, "--output", "json");
    expect([JSON.parse(stderr).error.code, status], code).toEqual([code, 2]);
  }
});

test("a recording tells what the kernel's files in it say, and no more", async () => {
  const folder = scratchFolder();
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const cpu of [0, 1, 2, 3]) {
    write(`sys/devices/system/cpu/cpu${cpu}/topology/core_id`, `${cpu}\n`);
    write(`sys/devices/system/cpu/cpu${cpu}/topology/physical_package_id`, "0\n");
  }
  write("sys/devices/system/cpu/online", "0-3\n");
  write("sys/devices/system/cpu/isolated", "1-3\n");
  write("sys/devices/system/node/online", "0\n");
  write("sys/devices/system/node/node0/cpulist", "0-3\n");
  write("sys/devices/system/node/node0/meminfo", "Node 0 MemTotal: 16777216 kB\n");
  write("sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "1024\n");
  write("proc/sys/kernel/osrelease", "5.10.0-30-amd64\n");
  write("proc/cmdline", "isolcpus=1-3 secret=x\n");
  const small = join(scratchFolder(), "small.yaml");
  writeFileSync(small, flavor("small", "vcpus: 3, memory: 2Gi, hugepages: 2Mi"));
  const on = (source: string, stdin = "") =>
    evenkeel(["prepare", small, "--on", source, "-ojson"], { stdin });
  const { stdout, status } = await on(`sysfs:${folder}`);
  const { needs, boot } = JSON.parse(stdout);
  const states = needs.map(({ code, state }: { code: string; state: string }) => [code, state]);
  expect(states).toEqual([
    ["hugepages", "there"],
    ["isolated-cpus", "there"],
    ["kvm", "unknown"],
    ["hypervisor", "unknown"],
    ["hugetlbfs", "unknown"],
  ]);
  // A kernel of that age takes no pages by node.
  expect(boot).toMatchObject({
    words: ["default_hugepagesz=2M", expect.stringMatching("isolcpus")],
  });
  expect(boot.instead).toEqual(["isolcpus=1-3"]);
  expect(status).toBe(4);
  // However the recording is named.
  const tar = join(scratchFolder(), "host.tar");
  execFileSync("tar", ["-cf", tar, "-C", folder, "."]);
  const piped = readFileSync(tar, "latin1");
  for (const source of [folder, tar, `sysfs:${tar}`, "-", "sysfs:-"]) {
    const outcome = await on(source, source.endsWith("-") ? piped : "");
    expect(JSON.parse(outcome.stdout), source).toMatchObject({ needs, boot });
  }
});
