import type { Preparation } from "../../src/prepare/preparation.ts";
import type { HostSetting } from "../../src/prepare/setting.ts";
import type { Command } from "../../src/remedy/remedy.ts";
import type { HugepagePool, MemoryNode, PciDevice, Topology } from "../../src/topology/topology.ts";
import { KiB, parseQuantity } from "../../src/unit/bytes.ts";

/** A machine, and how it is set. */
export interface SetMachine {
  readonly topology: Topology;
  readonly setting: HostSetting;
}

/**
 * The machine after somebody has carried out all that `prepare` prints and has restarted it, worked
 * out from the printed words and commands alone, as the kernel, driverctl and libvirt take them.
 * What no command brings about (the firmware's switches, programs) is there afterwards.
 */
export function carriedOut({ topology, setting }: SetMachine, prepared: Preparation): SetMachine {
  let { nodes, pci } = topology;
  const commands = prepared.needs
    .filter(({ state }) => state !== "there")
    .flatMap(({ remedy }) => remedy?.argv ?? []);
  for (const [node, sizeBytes, total] of commands.flatMap(poolSet)) {
    nodes = nodes.map((one) => (one.id === node ? withPool(one, sizeBytes, total) : one));
  }
  const words = new Map<string, string>();
  let size = 0;
  for (const word of prepared.boot.words) {
    const [name = "", value] = [word.split("=", 1)[0], word.slice(word.indexOf("=") + 1)];
    words.set(name, value);
    if (name === "hugepagesz") size = sizeOf(value);
    if (name !== "hugepages") continue;
    for (const part of value.split(",")) {
      const [node, total] = part.split(":").map(Number);
      if (node === undefined || total === undefined) throw new Error(`malformed: ${word}`);
      // A pool that is larger stays: it was set at run time, or by a word that stays.
      nodes = nodes.map((one) => (one.id === node ? withPool(one, size, total, true) : one));
    }
  }
  // Whatever held pages before the restart is gone.
  const free = (pool: HugepagePool): HugepagePool => ({ ...pool, free: pool.total });
  nodes = nodes.map((one) => ({ ...one, hugepages: one.hugepages?.map(free) ?? null }));
  const hasDevices = prepared.needs.some(({ code }) => code === "iommu");
  const ids = new Set((words.get("vfio-pci.ids") ?? "").split(","));
  const overridden = new Set(
    commands.flatMap(([, verb, address = ""]) => (verb === "set-override" ? address : [])),
  );
  pci = pci.map((one, i): PciDevice => {
    // vfio-pci takes whatever has the ids, the host's own devices too; it never takes bridges.
    const byIds = ids.has(`${one.vendor}:${one.device}`) && one.physicalFunction === null;
    const driver = overridden.has(one.address) || byIds ? "vfio-pci" : one.driver;
    return {
      ...one,
      driver,
      iommuGroup: hasDevices && one.iommuGroup === null ? 100_000 + i : one.iommuGroup,
    };
  });
  const isolated = words.get("isolcpus");
  const mounted = words.get("default_hugepagesz");
  const limit = commands
    .flatMap(([, , line = ""]) => /memlock (\d+)/.exec(line)?.[1] ?? [])
    .map(Number);
  return {
    topology: { ...topology, nodes, pci },
    setting: {
      ...setting,
      bootOptions: [...prepared.boot.words],
      isolatedCpus: isolated === undefined ? "" : isolated.replace("domain,managed_irq,", ""),
      iommu: hasDevices,
      vfioPci: true,
      driversTold: true,
      hugetlbfsBytes: [
        ...(mounted === undefined ? [] : [sizeOf(mounted)]),
        ...commands.flatMap(([program, , , , options = ""]) =>
          program === "mount" ? Number(/\d+/.exec(options)?.[0]) * KiB : [],
        ),
      ],
      kvm: { present: true, unusable: null },
      versions: { libvirt: "9.0.0", qemu: "7.2.0", refusal: null },
      lockable: { bytes: limit[0] === undefined ? null : limit[0] * KiB },
    },
  };
}

function sizeOf(word: string): number {
  const bytes = parseQuantity(`${word}i`);
  if (bytes === null) throw new Error(`no size: ${word}`);
  return bytes;
}

/** `shuf -e 8 -o …/node0/hugepages/hugepages-2048kB/nr_hugepages`, at once or by tmpfiles.d. */
function poolSet(command: Command): (readonly [node: number, sizeBytes: number, total: number])[] {
  const [program, , value = "", , path = ""] = command;
  if (program !== "shuf") return [];
  const file = /\/node(\d+)\/hugepages\/hugepages-(\d+)kB\/nr_hugepages/;
  const [, node, kib] = file.exec(path) ?? file.exec(value) ?? [];
  if (node === undefined || kib === undefined) return [];
  return [[Number(node), Number(kib) * KiB, Number(/\d+$/.exec(value)?.[0])]];
}

function withPool(node: MemoryNode, sizeBytes: number, total: number, isLeast = false): MemoryNode {
  const before = node.hugepages ?? [];
  const own = before.find((pool) => pool.sizeBytes === sizeBytes);
  const now = isLeast && own !== undefined ? Math.max(own.total, total) : total;
  const pool: HugepagePool = { sizeBytes, total: now, free: now };
  const hugepages = [...before.filter((one) => one.sizeBytes !== sizeBytes), pool];
  return { ...node, hugepages: hugepages.toSorted((a, b) => a.sizeBytes - b.sizeBytes) };
}
