import { readDocument } from "@evenkeel/contract/read-document.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import { explain } from "@evenkeel/core/explain/explain.ts";

/** Fields of a record as they are written by hand, most of them left out. */
export type Written = Readonly<Record<string, unknown>>;

/**
 * A record with little in it, as someone writes it from a report, read as any record is. What is
 * not written is unknown.
 */
export function recordOf(name: string, written: Written): Evidence {
  const record = {
    apiVersion: "evenkeel/v1",
    kind: "Evidence",
    of: "process",
    name,
    host: "host",
    takenAt: "2026-01-31T12:00:00.000Z",
    cgroups: [],
    kernel: {},
    devices: [],
    shapes: [],
    unreadable: [],
    ...written,
  };
  return readDocument(JSON.stringify(record), `${name}.json`, "Evidence");
}

/** The machine, and nothing of it but these facts. */
export function machine(written: Written): Written {
  return { machine: { settings: {}, ...written } };
}

/** How its kernel and firmware are set. */
export function settings(written: Written): Written {
  return machine({ settings: written });
}

/** How all of its CPUs are set. */
export function cpus(written: Written): Written {
  return machine({ cpus: [{ cpus: "0-63", ...written }] });
}

/** What nvidia-smi says of the machine's accelerators. */
export function tool(...accelerators: readonly Written[]): Written {
  return machine({ accelerators: accelerators.map((one, index) => ({ index, ...one })) });
}

/** What a guest reports, and nothing but that. */
export function guest(written: Written): Written {
  const report = { apiVersion: "evenkeel/v1", kind: "GuestReport", where: "report.txt" };
  return { of: "vm", guest: { ...report, hugepages: [], unreadable: [], ...written } };
}

/** How a hypervisor puts the VM together. */
export function domain(written: Written): Written {
  return { of: "vm", shapes: [{ source: "libvirt", where: "virsh dumpxml", ...written }] };
}

/** What a pod's cgroup limits. */
export function pod(limits: Written): Written {
  const path = "/kubepods.slice/kubepods-pod1";
  return { of: "container", cgroups: [{ path, where: `/sys/fs/cgroup${path}`, limits }] };
}

/** Two nodes of 32 CPUs, and a GPU on the second: all that the report says of the machine. */
export function gpuOnNode1(driver: string, written: Written = {}): Written {
  const where = "lspci";
  return {
    nodes: [
      { id: 0, cpus: "0-15,32-47" },
      { id: 1, cpus: "16-31,48-63" },
    ],
    devices: [{ address: "0000:81:00.0", where, present: true, node: 1, driver, ...written }],
  };
}

/** Memory in GiB by node. */
export function memory(gibibytes: Readonly<Record<number, number>>, more: Written = {}): Written {
  const onNodes = Object.entries(gibibytes).map(([node, amount]) => {
    return { node: Number(node), bytes: amount * 2 ** 30 };
  });
  const bytes = onNodes.reduce((sum, one) => sum + one.bytes, 0);
  const said = { kind: "anonymous", start: "7f0000000000", where: "numa_maps", line: "N0 N1" };
  return { memory: [{ ...said, bytes, onNodes, ...more }] };
}

/** Threads by the CPUs that each may use. */
export function threads(allowed: readonly string[], more: Written = {}): Written {
  return {
    threads: allowed.map((allowedCpus, i) => {
      return { tid: 100 + i, where: `/proc/100/task/${100 + i}`, allowedCpus, ...more };
    }),
  };
}

/** What sets two records apart, and in which of them it is. */
export function found(a: Written, b: Written): string[] {
  const { differences } = explain(recordOf("a", a), recordOf("b", b));
  return differences.map((one) => `${one.code} in ${one.in}`);
}
