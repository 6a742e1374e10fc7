import { expect, test } from "vitest";
import { carriedOut } from "../../testing/prepare/carried-out.ts";
import { accelerators, requestOf } from "../../testing/request/requests.ts";
import { defaultHostPolicy } from "../request/host-policy.ts";
import type { Request } from "../request/request.ts";
import { catalogMachine, catalogNames } from "../topology/catalog/catalog.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import type { MemoryNode, Topology } from "../topology/topology.ts";
import { GiB, MiB } from "../unit/bytes.ts";
import { valueOf } from "../unit/list.ts";
import type { Need, NeedCode, Preparation } from "./preparation.ts";
import { prepare } from "./prepare.ts";
import { type HostSetting, untoldSetting } from "./setting.ts";

const flavorOf = (given: Partial<Request>): Request => {
  const name = given.name ?? "f";
  return requestOf({ flavor: name, name, ...given });
};

/** How a running machine is set on which nothing has been done yet. */
const bare: HostSetting = {
  system: "debian",
  kernelRelease: "6.1.0-31-amd64",
  bootOptions: ["quiet"],
  isolatedCpus: "",
  iommu: false,
  vfioPci: true,
  driversTold: true,
  driverctl: true,
  hugetlbfsBytes: [2 * MiB],
  kvm: { present: true, unusable: null },
  versions: { libvirt: "9.0.0", qemu: "7.2.0", refusal: null },
  lockable: { bytes: 8 * MiB },
};

function prepared(
  topology: Topology,
  flavors: readonly Request[],
  setting: HostSetting = bare,
  via: "libvirt" | "qemu" = "libvirt",
  emulated = false,
): Preparation {
  return prepare(topology, defaultHostPolicy, { flavors, together: [] }, setting, {
    via,
    emulated,
  });
}

const of = ({ needs }: Preparation, code: NeedCode): readonly Need[] =>
  needs.filter((one) => one.code === code);

/** On each of two nodes 7 cores to sell, two GPUs and a NIC. */
const two = (cpu: string, more = ""): Topology =>
  syntheticTopology(
    `package:2 core:8 thread:2 memory:64Gi hugepages:none iommu:off distances:10/21 cpu:"${cpu}"
     root[gpu:h100-sxm gpu:h100-sxm nic:cx7] ${more}`,
  );

const withGpu = flavorOf({ accelerators: accelerators(1), vcpus: 4, memoryBytes: 20 * GiB });

test("of a bare machine everything is asked, in the words of its processor", () => {
  const found = prepared(two("Intel(R) Xeon(R) Gold"), [withGpu]);
  expect(found.room).toMatchObject([{ flavor: "f", vms: 4, reason: null }]);
  expect(found.prepared).toBe(false);
  expect(found.keeps).toEqual({ cpus: "0,8,16,24", memoryPerNodeBytes: 4 * GiB });
  expect(found.boot.words).toEqual([
    "intel_iommu=on",
    "iommu=pt",
    "vfio-pci.ids=10de:2330",
    "default_hugepagesz=1G",
    "hugepagesz=1G",
    "hugepages=0:40,1:40",
    "isolcpus=domain,managed_irq,1-7,9-15,17-23,25-31",
  ]);
  const missing = found.needs.filter(({ state }) => state === "missing").map(({ code }) => code);
  expect([...new Set(missing)]).toEqual([
    "iommu",
    "iommu-passthrough",
    "vfio-driver",
    "hugepages",
    "isolated-cpus",
    "hugetlbfs",
  ]);
  expect(of(found, "vfio-driver")).toHaveLength(4);
  const after = carriedOut({ topology: two("Intel(R) Xeon(R) Gold"), setting: bare }, found);
  const again = prepared(after.topology, [withGpu], after.setting);
  expect(again.prepared).toBe(true);
  // Even what only makes it faster is there.
  expect(again.needs.filter(({ state }) => state !== "there")).toEqual([]);
});

test("AMD's and Arm's IOMMU need no word to be on", () => {
  const words = (topology: Topology) => prepared(topology, [withGpu]).boot.words.slice(0, 2);
  expect(words(two("AMD EPYC 9654"))).toEqual(["iommu=pt", "vfio-pci.ids=10de:2330"]);
  expect(words(two("Neoverse-V2", "arch:aarch64"))[0]).toBe("iommu.passthrough=1");
  // Where nobody told the processor, Intel's word does no harm.
  const unknown = { ...two("x").machine, cpuModel: null };
  for (const architecture of [null, "x86_64"]) {
    const machine = { ...unknown, architecture };
    expect(words({ ...two("x"), machine })).toEqual(["intel_iommu=on", "iommu=pt"]);
  }
  // Others have no words for it, so none is asked of the boot line.
  const power = { ...two("x"), machine: { ...unknown, architecture: "ppc64le" } };
  expect(words(power)[0]).toBe("vfio-pci.ids=10de:2330");
  expect(of(prepared(power, [withGpu]), "iommu-passthrough")).toEqual([]);
  expect(of(prepared(power, [withGpu]), "iommu")[0]?.remedy?.text).not.toContain("boot line");
});

test("ids that the host's display has too are not on the boot line: devices are given by address", () => {
  const topology = two("Intel Xeon", "root[gpu:h100-sxm(host:display)]@0");
  const found = prepared(topology, [withGpu]);
  expect(found.boot.words.join(" ")).not.toContain("vfio-pci.ids");
  const commands = of(found, "vfio-driver").map(({ remedy }) => remedy?.argv?.[0]);
  expect(commands).toHaveLength(4);
  for (const command of commands) {
    expect(command).toEqual([
      "driverctl",
      "set-override",
      expect.stringMatching(/^0000:/),
      "vfio-pci",
    ]);
  }
});

test("no NIC is named by its ids where nobody told which of them the host uses", () => {
  const both = flavorOf({
    accelerators: accelerators(2),
    nics: { count: 1, rdma: true },
    memoryBytes: 20 * GiB,
  });
  const words = prepared(two("Intel Xeon"), [both]).boot.words;
  expect(words).toContain("vfio-pci.ids=10de:2330");
  const told = two("Intel Xeon", "root[nic:e810(host:default-route)]@0");
  expect(prepared(told, [both]).boot.words).toContain("vfio-pci.ids=10de:2330,15b3:1021");
});

test("a machine with one node and no GPUs needs pages and CPUs, and nothing of devices", () => {
  const small = syntheticTopology('core:4 memory:16Gi hugepages:none cpu:"AMD EPYC"');
  const found = prepared(small, [flavorOf({ hugepageBytes: 2 * MiB, memoryBytes: 4 * GiB })]);
  // Three cores are left for VMs of two vCPUs, each on two cores.
  expect(found.room).toMatchObject([{ vms: 1 }]);
  expect(found.boot.words).toEqual([
    "default_hugepagesz=2M",
    "hugepagesz=2M",
    "hugepages=0:2048",
    "isolcpus=domain,managed_irq,1-3",
  ]);
  expect(new Set(found.needs.map(({ code }) => code))).toEqual(
    new Set(["base-memory", "hugepages", "isolated-cpus", "kvm", "hypervisor", "hugetlbfs"]),
  );
});

test("CPUs that VMs float over are not isolated", () => {
  const shared = { ...withGpu, isolation: "shared" } as const;
  const found = prepared(two("Intel Xeon"), [withGpu, { ...shared, name: "s", flavor: "s" }]);
  expect(found.boot.words.join(" ")).not.toContain("isolcpus");
  expect(of(found, "isolated-cpus")).toEqual([]);
});

test("a kernel that takes no pages by node gets them by a file that systemd writes at boot", () => {
  const old = prepared(two("Intel Xeon"), [withGpu], { ...bare, kernelRelease: "5.10.0-30-amd64" });
  expect(old.boot.words.join(" ")).not.toContain("hugepages=");
  expect(of(old, "hugepages")[1]?.remedy?.argv?.[1]).toEqual([
    "shuf",
    "-e",
    "w /sys/devices/system/node/node1/hugepages/hugepages-1048576kB/nr_hugepages - - - - 40",
    "-o",
    "/etc/tmpfiles.d/evenkeel-node1-1048576kB.conf",
  ]);
});

test("what sets pages apart writes the number, and its undoing what was there, if anybody told", () => {
  const row = (hugepages: MemoryNode["hugepages"], kernelRelease = "6.1.0"): readonly unknown[] => {
    const one = syntheticTopology("core:4 memory:16Gi");
    const topology = { ...one, nodes: one.nodes.map((node) => ({ ...node, hugepages })) };
    const [need] = of(
      prepared(topology, [flavorOf({ vcpus: 3, memoryBytes: 4 * GiB })], {
        ...bare,
        kernelRelease,
      }),
      "hugepages",
    );
    const { state, has, remedy } = need ?? {};
    return [state, has, remedy?.argv?.map((argv) => argv.join(" ")), remedy?.undo];
  };
  const file = "/sys/devices/system/node/node0/hugepages/hugepages-1048576kB/nr_hugepages";
  const set = `shuf -e 4 -o ${file}`;
  const pool = (total: number) => [{ sizeBytes: GiB, total, free: 0 }];
  expect(row([])).toEqual(["missing", "0 of 1 GiB", [set], [["shuf", "-e", "0", "-o", file]]]);
  expect(row(pool(3))).toEqual(["missing", "3 of 1 GiB", [set], [["shuf", "-e", "3", "-o", file]]]);
  expect(row(pool(4))).toEqual(["there", "4 of 1 GiB", undefined, undefined]);
  expect(row(null)).toEqual(["unknown", null, [set], null]);
  const lasting = `shuf -e w ${file} - - - - 4 -o /etc/tmpfiles.d/evenkeel-node0-1048576kB.conf`;
  for (const old of ["5.15.200", "4.20.0"]) expect(row([], old)[2]).toEqual([set, lasting]);
  for (const recent of ["5.16", "5.17.0-1", "6.0.1", "10.1"]) {
    expect(row([], recent)[2]).toEqual([set]);
  }
  // A size that the kernel does not have yet is set apart at every boot alone.
  const small = [{ sizeBytes: 2 * MiB, total: 0, free: 0 }];
  expect(row(small, "5.10.0")[2]).toEqual([lasting]);
});

test("pages of a size that the kernel does not list are asked of the boot line alone", () => {
  const topology = syntheticTopology("core:4 memory:16Gi hugepages:4x2Mi");
  const [pages] = of(prepared(topology, [flavorOf({ vcpus: 1 })]), "hugepages");
  expect(pages?.remedy).toMatchObject({ argv: null, when: "host-reboot" });
  const arm = syntheticTopology("core:4 memory:16Gi hugepages:none arch:aarch64 page:64Ki");
  const [none] = of(prepared(arm, [flavorOf({ vcpus: 1 })]), "hugepages");
  expect(none?.remedy?.text).toContain("ask for pages of 2 MiB");
});

test("what nobody told is unknown, with who would tell it, and never missing", () => {
  const found = prepared(two("Intel Xeon"), [withGpu], untoldSetting);
  const unknown = found.needs.filter(({ state }) => state === "unknown");
  expect(new Set(unknown.map(({ code }) => code))).toEqual(
    new Set([
      "iommu",
      "iommu-passthrough",
      "vfio-module",
      "vfio-driver",
      "isolated-cpus",
      "kvm",
      "hypervisor",
      "hugetlbfs",
    ]),
  );
  for (const { tells, has } of unknown) expect([tells, has]).toEqual([expect.any(String), null]);
  const done = { ...two("Intel Xeon") };
  const nodes = done.nodes.map((node) => ({
    ...node,
    hugepages: [{ sizeBytes: GiB, total: 60, free: 60 }],
  }));
  expect(prepared({ ...done, nodes }, [withGpu], untoldSetting).prepared).toBe(null);
  const untold = done.nodes.map((node) => ({ ...node, hugepages: null }));
  const pages = of(prepared({ ...done, nodes: untold }, [withGpu], bare), "hugepages");
  expect(pages.map(({ state }) => state)).toEqual(["unknown", "unknown"]);
});

test("where nobody told the nodes or the memory, it asks for them", () => {
  const blind = syntheticTopology("core:4 memory:?");
  const found = prepared(blind, [flavorOf({ vcpus: 1 })]);
  expect(found.room[0]).toMatchObject({ vms: 0, reason: null });
  expect(of(found, "room")).toMatchObject([
    { state: "unknown", tells: expect.stringContaining("of node 0: add") },
  ]);
});

test("a flavor that no setting makes fit is said to be that, with the numbers", () => {
  const found = prepared(two("Intel Xeon"), [flavorOf({ accelerators: accelerators(9) })]);
  expect(of(found, "room")).toMatchObject([
    { state: "missing", subject: "f", has: expect.stringContaining("9") },
  ]);
  expect(found.prepared).toBe(false);
});

test("pages that no flavor takes are given back where they are in the way", () => {
  const full = syntheticTopology("core:4 memory:16Gi hugepages:5000x2Mi");
  const found = prepared(full, [flavorOf({ vcpus: 3, memoryBytes: 8 * GiB })]);
  const [memory] = of(found, "base-memory");
  expect(memory?.remedy?.argv).toEqual([
    [
      "shuf",
      "-e",
      "0",
      "-o",
      "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages",
    ],
  ]);
});

test("base memory is there up to the last byte, and pools give back what no flavor takes", () => {
  const base = flavorOf({ name: "base", vcpus: 3, memoryBytes: 8 * GiB, hugepageBytes: null });
  const row = (hugepages: MemoryNode["hugepages"]): readonly unknown[] => {
    const one = syntheticTopology("core:4 memory:16Gi");
    const topology = { ...one, nodes: one.nodes.map((node) => ({ ...node, hugepages })) };
    const [need] = of(prepared(topology, [base]), "base-memory");
    const { state, needs, has, remedy } = need ?? {};
    expect(needs).toBe("12 GiB outside huge pages, of it 4 GiB for the host");
    const written = (commands: readonly (readonly string[])[] | null | undefined) =>
      commands?.map(([, , value, , path]) => `${value} ${/\d+kB/.exec(path ?? "")?.[0]}`);
    return [state, has, written(remedy?.argv), written(remedy?.undo)];
  };
  const small = (total: number) => ({ sizeBytes: 2 * MiB, total, free: 0 });
  const large = (total: number) => ({ sizeBytes: GiB, total, free: 0 });
  expect(row([])).toEqual(["there", "16 GiB outside huge pages", undefined, undefined]);
  expect(row([small(2048)])).toEqual(["there", "12 GiB outside huge pages", undefined, undefined]);
  expect(row([small(1024), large(3)])).toEqual([
    "missing",
    "11 GiB outside huge pages",
    ["0 2048kB", "0 1048576kB"],
    ["1024 2048kB", "3 1048576kB"],
  ]);
  expect(row([small(0), large(17)])).toEqual([
    "missing",
    "0 B outside huge pages",
    ["0 1048576kB"],
    ["17 1048576kB"],
  ]);
  expect(row(null)).toEqual(["unknown", null, undefined, undefined]);
});

test("flavors share pages of one size; those of another get the memory that is left", () => {
  const large = flavorOf({ name: "large", vcpus: 14, memoryBytes: 50 * GiB });
  const middle = flavorOf({ name: "middle", vcpus: 4, memoryBytes: 8 * GiB });
  const base = flavorOf({ name: "base", vcpus: 2, memoryBytes: 4 * GiB, hugepageBytes: null });
  const found = prepared(two("Intel Xeon"), [large, middle, base]);
  expect(found.room.map(({ flavor, vms }) => [flavor, vms])).toEqual([
    ["large", 2],
    ["middle", 6],
    ["base", 4],
  ]);
  expect(found.boot.words).toContain("hugepages=0:50,1:50");
});

test("pages of each size lie in the memory that those of the flavors before leave", () => {
  const sized = (name: string, gib: number, hugepageBytes: number | null): Request =>
    flavorOf({ name, vcpus: 2, memoryBytes: gib * GiB, hugepageBytes });
  const asked = [sized("large", 50, GiB), sized("small", 3, 2 * MiB), sized("base", 1, null)];
  const found = prepared(two("Intel Xeon"), asked);
  // Of 64 GiB a node 4 are the host's: 50, three times 3, and 1 are the rest.
  expect(found.room.map(({ vms }) => vms)).toEqual([2, 6, 2]);
  expect(found.boot.words).toEqual(
    expect.arrayContaining(["hugepages=0:50,1:50", "hugepages=0:4608,1:4608"]),
  );
  // The smallest first, whatever the order of the flavors; the largest is the default.
  expect(of(found, "hugetlbfs").map(({ subject }) => subject)).toEqual([
    "pages of 2 MiB",
    "pages of 1 GiB",
  ]);
  expect(found.boot.words[0]).toBe("default_hugepagesz=1G");
});

test("hundreds of small VMs are counted in a moment", () => {
  const topology = catalogMachine("hgx-h100") ?? two("Intel Xeon");
  const tiny = { hugepageBytes: 2 * MiB, isolation: "shared", vcpus: 1 } as const;
  const started = performance.now();
  expect(prepared(topology, [flavorOf(tiny)]).room).toMatchObject([{ vms: 220, atLeast: false }]);
  // It took 20 s when every VM was placed anew.
  expect(performance.now() - started).toBeLessThan(10_000);
});

test("base memory that a flavor before them takes is in no huge page", () => {
  const base = flavorOf({ name: "base", vcpus: 2, memoryBytes: 7 * GiB, hugepageBytes: null });
  const paged = flavorOf({ name: "paged", vcpus: 2, memoryBytes: 3 * GiB });
  const topology = two("Intel Xeon");
  const found = prepared(topology, [base, paged]);
  // Of 64 GiB a node 4 are the host's and 49 are taken: 11 are left, for three.
  expect(found.room.map(({ vms }) => vms)).toEqual([14, 6]);
  expect(found.boot.words).toContain("hugepages=0:9,1:9");
  expect(of(found, "base-memory").map(({ state }) => state)).toEqual(["there", "there"]);
});

test("each fact of how a machine is set is there, missing, or not told, with what to do", () => {
  // The display of the host has the ids of the second machine's GPUs.
  const shared = two("Intel Xeon", "root[gpu:h100-sxm(host:display)]@0");
  const row = (need: Need): string => {
    const { code, state, has, remedy, tells } = need;
    const commands = remedy?.argv?.map((argv) => argv.join(" ")) ?? remedy?.text ?? [];
    const undo = remedy?.undo?.map((argv) => argv.join(" ")) ?? [];
    const back = undo.length === 0 ? [] : [`back: ${undo.join("; ")}`];
    const parts = [code, state, has, commands, back, tells].flat();
    return parts.filter((one) => one !== null).join(" | ");
  };
  const rows = (given: Partial<HostSetting>, code: NeedCode, via: "libvirt" | "qemu" = "libvirt") =>
    [two("Intel Xeon"), ...(code === "vfio-driver" ? [shared] : [])].map((topology) => {
      const [first] = of(prepared(topology, [withGpu], { ...bare, ...given }, via), code);
      return first === undefined ? "" : row(first);
    });
  const cases: readonly (readonly [NeedCode, Partial<HostSetting>, ("libvirt" | "qemu")?])[] = [
    ["iommu", { iommu: true }],
    ["iommu", { iommu: false }],
    ["iommu", { iommu: null }],
    ["iommu-passthrough", { bootOptions: ["quiet", "iommu=pt"] }],
    ["iommu-passthrough", { bootOptions: ["quiet", "iommu=ptx"] }],
    ["iommu-passthrough", { bootOptions: null }],
    ["vfio-module", { vfioPci: true }],
    ["vfio-module", { vfioPci: false }],
    ["vfio-module", { vfioPci: null }],
    ["vfio-driver", {}],
    ["vfio-driver", { driverctl: false }],
    ["vfio-driver", { driverctl: false, system: "fedora" }],
    ["vfio-driver", { driverctl: false, system: null }],
    ["vfio-driver", { driverctl: null }],
    ["vfio-driver", { driversTold: false }],
    ["isolated-cpus", { isolatedCpus: "" }],
    ["isolated-cpus", { isolatedCpus: "1-7" }],
    ["isolated-cpus", { isolatedCpus: "0-31" }],
    ["isolated-cpus", { isolatedCpus: null }],
    ["kvm", { kvm: { present: true, unusable: null } }],
    ["kvm", { kvm: { present: true, unusable: "Permission denied" } }],
    ["kvm", { kvm: { present: false, unusable: null } }],
    ["kvm", { kvm: null }],
    ["hypervisor", {}],
    ["hypervisor", {}, "qemu"],
    ["hypervisor", { versions: { libvirt: "8.0.0", qemu: "7.2.0", refusal: null } }],
    ["hypervisor", { versions: { libvirt: null, qemu: null, refusal: null } }],
    ["hypervisor", { versions: { libvirt: null, qemu: null, refusal: null } }, "qemu"],
    ["hypervisor", { versions: { libvirt: null, qemu: null, refusal: null }, system: "fedora" }],
    ["hypervisor", { versions: { libvirt: null, qemu: null, refusal: null }, system: null }],
    ["hypervisor", { versions: { libvirt: null, qemu: null, refusal: "denied" } }],
    ["hypervisor", { versions: { libvirt: "9.0.0", qemu: "7.1.0", refusal: null } }],
    ["hypervisor", { versions: null }],
    ["hugetlbfs", { hugetlbfsBytes: [2 * MiB, GiB] }],
    ["hugetlbfs", { hugetlbfsBytes: [2 * MiB] }],
    ["hugetlbfs", { hugetlbfsBytes: null }],
    ["locked-memory", { lockable: { bytes: 21 * GiB } }, "qemu"],
    ["locked-memory", { lockable: { bytes: 21 * GiB - 1 } }, "qemu"],
    ["locked-memory", { lockable: { bytes: null } }, "qemu"],
    ["locked-memory", { lockable: null }, "qemu"],
  ];
  expect(cases.flatMap(([code, given, via]) => rows(given, code, via)).join("\n"))
    .toMatchInlineSnapshot(`
      "iommu | missing | a device has no IOMMU group | Turn VT-d, AMD-Vi or the SMMU on in the firmware, and boot with the boot line above.
      iommu | missing | none is on | Turn VT-d, AMD-Vi or the SMMU on in the firmware, and boot with the boot line above.
      iommu | unknown | Turn VT-d, AMD-Vi or the SMMU on in the firmware, and boot with the boot line above. | run prepare on the machine itself, or on a snapshot of it
      iommu-passthrough | there | it is set
      iommu-passthrough | missing | it is not on the boot line | Boot with the boot line above.
      iommu-passthrough | unknown | Boot with the boot line above. | run prepare on the machine itself
      vfio-module | there | it can be loaded
      vfio-module | missing | it is neither loaded nor among the kernel's modules | Install the modules package of the running kernel.
      vfio-module | unknown | Install the modules package of the running kernel. | run prepare on the machine itself
      vfio-driver | missing | no driver | shuf -e vfio-pci -o /etc/modules-load.d/evenkeel-vfio.conf | update-initramfs -u | back: rm /etc/modules-load.d/evenkeel-vfio.conf; update-initramfs -u
      vfio-driver | missing | no driver | driverctl set-override 0000:16:00.0 vfio-pci | back: driverctl unset-override 0000:16:00.0
      vfio-driver | missing | no driver | shuf -e vfio-pci -o /etc/modules-load.d/evenkeel-vfio.conf | update-initramfs -u | back: rm /etc/modules-load.d/evenkeel-vfio.conf; update-initramfs -u
      vfio-driver | missing | no driver | apt-get install driverctl | driverctl set-override 0000:16:00.0 vfio-pci | back: driverctl unset-override 0000:16:00.0
      vfio-driver | missing | no driver | shuf -e vfio-pci -o /etc/modules-load.d/evenkeel-vfio.conf | dracut --force | back: rm /etc/modules-load.d/evenkeel-vfio.conf; dracut --force
      vfio-driver | missing | no driver | dnf install driverctl | driverctl set-override 0000:16:00.0 vfio-pci | back: driverctl unset-override 0000:16:00.0
      vfio-driver | missing | no driver | shuf -e vfio-pci -o /etc/modules-load.d/evenkeel-vfio.conf | back: rm /etc/modules-load.d/evenkeel-vfio.conf
      vfio-driver | missing | no driver | driverctl set-override 0000:16:00.0 vfio-pci | back: driverctl unset-override 0000:16:00.0
      vfio-driver | missing | no driver | shuf -e vfio-pci -o /etc/modules-load.d/evenkeel-vfio.conf | update-initramfs -u | back: rm /etc/modules-load.d/evenkeel-vfio.conf; update-initramfs -u
      vfio-driver | missing | no driver | driverctl set-override 0000:16:00.0 vfio-pci | back: driverctl unset-override 0000:16:00.0
      vfio-driver | unknown | shuf -e vfio-pci -o /etc/modules-load.d/evenkeel-vfio.conf | update-initramfs -u | back: rm /etc/modules-load.d/evenkeel-vfio.conf; update-initramfs -u | run prepare on the machine itself, or give lspci -Dvnnk of it
      vfio-driver | unknown | driverctl set-override 0000:16:00.0 vfio-pci | back: driverctl unset-override 0000:16:00.0 | run prepare on the machine itself, or give lspci -Dvnnk of it
      isolated-cpus | missing | no isolated CPU | Boot with isolcpus as in the boot line above.
      isolated-cpus | missing | CPUs 1-7 isolated | Boot with isolcpus as in the boot line above.
      isolated-cpus | there | CPUs 0-31 isolated
      isolated-cpus | unknown | Boot with isolcpus as in the boot line above. | run prepare on the machine itself
      kvm | there | usable
      kvm | missing | Permission denied | Add this user to the group kvm and log in again, or be root.
      kvm | missing | there is no /dev/kvm | Turn VT-x or AMD-V on in the firmware and load kvm_intel or kvm_amd. Without it, run starts VMs with --emulated alone.
      kvm | unknown | run prepare on the machine itself
      hypervisor | there | libvirt 9.0.0, QEMU 7.2.0
      hypervisor | there | QEMU 7.2.0
      hypervisor | missing | 8.0.0 | Install libvirt 9.0.0 or later.
      hypervisor | missing | it does not answer | apt-get install qemu-system-x86 ovmf libvirt-daemon-system libvirt-clients
      hypervisor | missing | it does not answer | apt-get install qemu-system-x86 ovmf
      hypervisor | missing | it does not answer | dnf install qemu-kvm edk2-ovmf libvirt-daemon-kvm libvirt-client
      hypervisor | missing | it does not answer | Start libvirt (systemctl start libvirtd, or virtqemud), or give --via qemu.
      hypervisor | missing | it refuses this user: denied | Run evenkeel as root, or add this user to the group libvirt and log in again.
      hypervisor | missing | 7.1.0 | Install qemu 7.2.0 or later.
      hypervisor | unknown | run prepare on the machine itself
      hugetlbfs | there | mounted
      hugetlbfs | missing | none is mounted | mkdir -p /dev/hugepages-1048576kB | mount -t hugetlbfs -o pagesize=1048576K none /dev/hugepages-1048576kB | back: umount /dev/hugepages-1048576kB; rmdir /dev/hugepages-1048576kB
      hugetlbfs | unknown | mkdir -p /dev/hugepages-1048576kB | mount -t hugetlbfs -o pagesize=1048576K none /dev/hugepages-1048576kB | back: umount /dev/hugepages-1048576kB; rmdir /dev/hugepages-1048576kB | run prepare on the machine itself
      locked-memory | there | 21 GiB
      locked-memory | missing | 21.0 GiB | shuf -e * - memlock 22020096 -o /etc/security/limits.d/evenkeel.conf | back: rm /etc/security/limits.d/evenkeel.conf
      locked-memory | there | no limit
      locked-memory | unknown | shuf -e * - memlock 22020096 -o /etc/security/limits.d/evenkeel.conf | back: rm /etc/security/limits.d/evenkeel.conf | run prepare on the machine itself"
    `);
});

const libvirt = { via: "libvirt", emulated: false } as const;

test("VMs that are counted run at the same time, so their pages add up", () => {
  const one = flavorOf({ name: "one", vcpus: 4, memoryBytes: 20 * GiB });
  const other = flavorOf({ name: "other", vcpus: 4, memoryBytes: 10 * GiB });
  const asked = {
    flavors: [],
    together: [
      { request: one, vms: 2 },
      { request: other, vms: 3 },
    ],
  };
  const found = prepare(two("Intel Xeon"), defaultHostPolicy, asked, bare, libvirt);
  expect(found.room.map(({ vms, wanted }) => [vms, wanted])).toEqual([
    [2, 2],
    [3, 3],
  ]);
  const pages = of(found, "hugepages").map(({ needs }) => Number.parseInt(needs, 10));
  expect(pages.reduce((sum, each) => sum + each, 0)).toBe(70);
  const toomany = { ...asked, together: [{ request: one, vms: 9 }] };
  const short = prepare(two("Intel Xeon"), defaultHostPolicy, toomany, bare, libvirt);
  expect(of(short, "room")).toMatchObject([{ state: "missing", needs: "room for 9" }]);
});

test("QEMU alone needs the right to lock a VM's memory; libvirt takes it itself", () => {
  expect(of(prepared(two("Intel Xeon"), [withGpu]), "locked-memory")).toEqual([]);
  const alone = prepared(two("Intel Xeon"), [withGpu], bare, "qemu");
  const [need] = of(alone, "locked-memory");
  expect(need?.remedy?.argv).toEqual([
    ["shuf", "-e", `* - memlock ${21 * 1024 * 1024}`, "-o", "/etc/security/limits.d/evenkeel.conf"],
  ]);
  expect(of(alone, "hugetlbfs")).toEqual([]);
  const half = { ...withGpu, memoryBytes: 20.5 * GiB, hugepageBytes: 2 * MiB };
  const [more] = of(prepared(two("Intel Xeon"), [half], bare, "qemu"), "locked-memory");
  expect(more?.remedy?.argv?.[0]?.[2]).toBe(`* - memlock ${22 * 1024 * 1024}`);
});

test("KVM is needed but for VMs that run without it", () => {
  const setting = { ...bare, kvm: { present: false, unusable: null } };
  const [need] = of(prepared(two("Intel Xeon"), [withGpu], setting), "kvm");
  expect([need?.state, need?.has]).toEqual(["missing", "there is no /dev/kvm"]);
  const codes = (from: Preparation) => from.needs.map(({ code }) => code);
  const needed = codes(prepared(two("Intel Xeon"), [withGpu], setting));
  const emulated = prepared(two("Intel Xeon"), [withGpu], setting, "libvirt", true);
  expect(codes(emulated)).toEqual(needed.filter((code) => code !== "kvm"));
});

test("words of the present boot line that contradict the needed ones are named", () => {
  const setting = { ...bare, bootOptions: ["hugepagesz=1G", "hugepages=8", "isolcpus=1"] };
  const { boot } = prepared(two("Intel Xeon"), [withGpu], setting);
  expect(boot.instead).toEqual(["hugepages=8", "isolcpus=1"]);
});

test("a missing hypervisor is installed by the system's own packages", () => {
  const versions = { libvirt: null, qemu: null, refusal: null };
  const argv = (setting: Partial<HostSetting>, topology = two("Intel Xeon")) =>
    of(prepared(topology, [withGpu], { ...bare, versions, ...setting }), "hypervisor")[0]?.remedy
      ?.argv;
  expect(argv({})?.[0]).toContain("qemu-system-x86");
  expect(argv({}, two("Neoverse", "arch:aarch64"))?.[0]).toContain("qemu-system-arm");
  expect(argv({ system: "fedora" })?.[0]?.slice(0, 3)).toEqual(["dnf", "install", "qemu-kvm"]);
  const refused = { libvirt: null, qemu: null, refusal: "Permission denied" };
  expect(argv({ versions: refused })).toBe(null);
});

test("every machine of the catalog that is given all of it has the room, and is prepared", () => {
  for (const name of catalogNames) {
    const topology = valueOf(new Map([[name, catalogMachine(name)]]), name);
    if (topology === null) throw new Error(name);
    const gpus = topology.accelerators.length;
    const flavors = [
      flavorOf({
        accelerators: accelerators(Math.min(1, gpus)),
        vcpus: 4,
        memoryBytes: 8 * GiB,
      }),
    ];
    const first = prepared(topology, flavors);
    expect(first.room[0]?.vms, name).toBeGreaterThan(0);
    const after = carriedOut({ topology, setting: bare }, first);
    const again = prepared(after.topology, flavors, after.setting);
    expect([again.prepared, again.room], name).toEqual([true, first.room]);
  }
});
