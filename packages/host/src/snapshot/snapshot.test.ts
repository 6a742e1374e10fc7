import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { detailedTopology } from "@evenkeel/core/testing/topology/arbitrary-details.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readArchive } from "../archive/read-archive.ts";
import { readSysfs } from "../sysfs/read.ts";
import { generateSysfs } from "../../testing/sysfs/generate-sysfs.ts";
import { inMemory } from "../../testing/sysfs/generated-tree.ts";
import { corpus } from "../../testing/corpus.ts";
import { codedError } from "../../testing/expect-error.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { liveTree } from "../tree/directory-tree.ts";
import { memoryTree } from "../tree/memory-tree.ts";
import { findRoots, subtree } from "../tree/roots.ts";
import type { Tree } from "../tree/tree.ts";
import { gather } from "./gather.ts";
import { writeSnapshot } from "./write.ts";

const scratch = scratchFolder();

function reread(tree: Tree): Topology {
  const { files, links, directories } = gather(tree);
  return readSysfs(memoryTree(files, links, "recording", directories), "machine");
}

/** Recordings of machines in the corpus' folders. */
const recordings = ["sysfs-hwloc", "sysfs-other"].flatMap((name) => {
  const folder = corpus(name);
  const files = folder === null ? [] : readdirSync(folder);
  return files
    .filter((file) => file.includes(".tar.") || file.endsWith(".tgz"))
    .map((file) => ({ file, path: join(folder ?? "", file) }));
});

describe.skipIf(recordings.length === 0)(
  "A recording of a recording reads as the first one",
  () => {
    test.for(recordings)("$file", async ({ path }) => {
      const archive = await readArchive(path);
      const roots = findRoots(archive);
      expect(roots).not.toEqual([]);
      for (const root of roots) {
        const machine = subtree(archive, root);
        expect(reread(machine)).toEqual(readSysfs(machine, "machine"));
      }
    });
  },
);

test("A recording of any machine reads as the machine", () => {
  fc.assert(
    fc.property(detailedTopology, (topology) => {
      const tree = inMemory(generateSysfs(topology));
      expect(reread(tree)).toEqual(readSysfs(tree, "machine"));
    }),
    { numRuns: 60 },
  );
});

test("A device's serial number is recorded only on request", () => {
  const machine = syntheticTopology("core:2 root[nic:cx7]");
  const pci = machine.pci.map((device) => ({ ...device, acsRedirect: true, atsEnabled: true }));
  const tree = inMemory(generateSysfs({ ...machine, pci }));
  const serial = "\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008";
  const holding = (withSerials: boolean): number =>
    [...gather(tree, { withSerials }).files].filter(
      ([path, bytes]) =>
        path.endsWith("/config") && Buffer.from(bytes).includes(serial, 0, "latin1"),
    ).length;
  expect([holding(false), holding(true)]).toEqual([0, pci.length]);
});

/** Free memory may change, and interrupts move, between two readings of a machine that runs. */
function lasting(topology: Topology): Topology {
  const nodes = topology.nodes.map((node) => ({
    ...node,
    freeBytes: null,
    hugepages: node.hugepages?.map((pool) => ({ ...pool, free: null })) ?? null,
  }));
  const pci = topology.pci.map((device) => ({ ...device, interrupts: null }));
  return { ...topology, nodes, pci };
}

test.skipIf(process.platform !== "linux")(
  "This machine's snapshot reads as this machine",
  async () => {
    const path = join(scratch, "live.tar.gz");
    const snapshot = await writeSnapshot(liveTree(), path);
    expect(snapshot.bytes).toBe(readFileSync(path).length);
    const recorded = await readArchive(path);
    expect(lasting(readSysfs(recorded, "machine"))).toEqual(
      lasting(readSysfs(liveTree(), "machine")),
    );
  },
);

const secrets = [
  "serial-4711",
  "52:54:00:12:34:56",
  "525400123456",
  "hostname-x",
  "tenant-a",
  "10.0.0.1",
];

/** The configuration space of an Ethernet controller with a text behind its header. */
function networkConfig(text: string): Uint8Array {
  const config = new Uint8Array(256);
  config.set([0x86, 0x80, 0x22, 0x15, 0, 0, 0, 0, 0, 0x00, 0x00, 0x02]);
  config.set(new TextEncoder().encode(text), 128);
  return config;
}

/** A machine that has all there is to hide, and one CPU. */
function confidingMachine(): Tree {
  const device = "/sys/devices/pci0000:00/0000:00:03.0";
  const cpu = "/sys/devices/system/cpu";
  const files = new Map<string, string | Uint8Array>([
    [`${cpu}/online`, "0\n"],
    [`${cpu}/present`, "0\n"],
    [`${cpu}/cpu0/topology/core_cpus_list`, "0\n"],
    [`${cpu}/cpu0/topology/ppin`, "0xserial-4711\n"],
    ["/proc/cpuinfo", "model name\t: CPU\nSerial\t\t: serial-4711\nflags\t\t: lm\n"],
    ["/proc/hwloc-nofile-info", "HostName: hostname-x\nArchitecture: x86_64\nPageSize: 4096\n"],
    ["/proc/sys/kernel/hostname", "hostname-x\n"],
    ["/proc/cmdline", "ip=10.0.0.1\n"],
    ["/sys/class/dmi/id/sys_vendor", "Maker\n"],
    ["/sys/class/dmi/id/product_name", "Box\n"],
    ["/sys/class/dmi/id/product_serial", "serial-4711\n"],
    ["/sys/class/dmi/id/product_uuid", "serial-4711\n"],
    [`${device}/config`, networkConfig("52:54:00:12:34:56")],
    [`${device}/net/enx525400123456/address`, "52:54:00:12:34:56\n"],
    ["/sys/devices/virtual/net/tap-tenant-a/address", "52:54:00:12:34:56\n"],
    [
      "/proc/driver/nvidia/gpus/0000:00:03.0/information",
      "Model: \t\t NVIDIA H100\nVideo BIOS: serial-4711\n",
    ],
  ]);
  const links = new Map([
    ["/sys/bus/pci/devices/0000:00:03.0", "../../../devices/pci0000:00/0000:00:03.0"],
    ["/sys/class/net/enx525400123456", `../..${device.slice(4)}/net/enx525400123456`],
    ["/sys/class/net/tap-tenant-a", "../../devices/virtual/net/tap-tenant-a"],
  ]);
  return memoryTree(files, links, "hostname-x.tar");
}

test("A recording holds no serial number, MAC address, host name or tenant", async () => {
  const path = join(scratch, "confiding.tar");
  expect(readSysfs(confidingMachine()).nics[0]?.name).toBe("enx525400123456");
  await writeSnapshot(confidingMachine(), path);
  const text = readFileSync(path, "latin1");
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  const topology = readSysfs(await readArchive(path), "machine");
  expect(topology.machine).toMatchObject({
    vendor: "Maker",
    product: "Box",
    cpuModel: "CPU",
    architecture: "x86_64",
    pageBytes: 4096,
  });
  // The one fact that is left out: an interface's name that is its MAC address.
  expect(topology.nics).toEqual([{ address: "0000:00:03.0", name: null, rdma: null, ports: null }]);
});

test("On request serial numbers and hardware addresses are kept, but never a name or a tenant", async () => {
  const path = join(scratch, "with-serials.tar");
  await writeSnapshot(confidingMachine(), path, { withSerials: true });
  const text = readFileSync(path, "latin1");
  const kept = ["serial-4711", "52:54:00:12:34:56", "525400123456"];
  expect(secrets.filter((secret) => text.includes(secret))).toEqual(kept);
  const recorded = await readArchive(path);
  const recordedText = (file: string): string | null => recorded.readText(file);
  expect(recordedText("/sys/class/dmi/id/product_serial")).toBe("serial-4711\n");
  expect(recordedText("/sys/class/net/enx525400123456/address")).toBe("52:54:00:12:34:56\n");
  expect(recordedText("/proc/cpuinfo")).toContain("Serial\t\t: serial-4711\n");
  expect(readSysfs(recorded, "machine")).toEqual(readSysfs(confidingMachine(), "machine"));
});

test("A recording keeps no link that leads out of it", () => {
  const files = new Map([["/sys/devices/system/cpu/cpu0/topology/core_id", "0"]]);
  for (const link of ["/etc/passwd", "../../../../../../etc", "/sys/../etc/passwd"]) {
    const links = new Map([["/sys/bus/pci/devices/0000:00:00.0", link]]);
    expect(gather(memoryTree(files, links, "odd")).links.size, link).toBe(0);
  }
});

test("The same machine gives the same bytes, in a tar that others read too", async () => {
  const [a, b] = [join(scratch, "a.tar.gz"), join(scratch, "b.tgz")] as const;
  await writeSnapshot(confidingMachine(), a);
  await writeSnapshot(confidingMachine(), b);
  expect(readFileSync(a)).toEqual(readFileSync(b));
  const listing = execFileSync("tar", ["tzf", a], { encoding: "utf8" }).trim().split("\n");
  expect(listing).toContain("sys/bus/pci/devices/0000:00:03.0");
  expect(listing).toEqual(listing.toSorted());
});

test("A snapshot that cannot be written leaves what was there", async () => {
  const folder = join(scratch, "folder");
  mkdirSync(join(folder, "taken.tar"), { recursive: true });
  writeFileSync(join(folder, "taken.tar/keep"), "this");
  const wrong = ["taken.tar", "nowhere/x.tar", "x.tar.xz", "x.tar.bz2"];
  for (const name of wrong) {
    const path = join(folder, name);
    const error = await codedError("file-unwritable", () =>
      writeSnapshot(confidingMachine(), path),
    );
    expect(basename(error.where ?? "")).toBe(basename(name));
  }
  expect(readdirSync(folder)).toEqual(["taken.tar"]);
  expect(readFileSync(join(folder, "taken.tar/keep"), "utf8")).toBe("this");
});

test("A snapshot replaces an earlier one as a whole, and only once it is complete", async () => {
  const path = join(scratch, "again.tar");
  writeFileSync(path, "earlier");
  await codedError("tree-empty", () => writeSnapshot(memoryTree(new Map(), new Map(), "x"), path));
  expect(readFileSync(path, "utf8")).toBe("earlier");
  await writeSnapshot(confidingMachine(), path);
  expect(readSysfs(await readArchive(path)).cores).toHaveLength(1);
});
