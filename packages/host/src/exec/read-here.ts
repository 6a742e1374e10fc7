import { accessSync, constants } from "node:fs";
import type { IndexSet } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { allOfMachine } from "@evenkeel/core/binding/nearest.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { AcceleratorFacts } from "@evenkeel/core/binding/visible/seen.ts";
import { parseStatus } from "../procfs/parse-task.ts";
import { pciDirectory } from "../sysfs/pci.ts";
import { fields, indexedNames } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";

/** What a process may use. */
export interface Allowed {
  readonly allowedCpus: IndexSet;
  readonly allowedNodes: IndexSet;
}

/**
 * What this process may use: its affinity, which the kernel keeps within its cpuset, and the nodes
 * of its cpuset. Where the kernel does not tell, all that the machine has: a call outside would be
 * refused.
 */
export function allowedHere(tree: Tree, topology: Topology): Allowed {
  const { allowedCpus, allowedNodes } = parseStatus(tree.readText("/proc/self/status") ?? "");
  const all = allOfMachine(topology);
  return {
    allowedCpus: allowedCpus === null ? all.allowedCpus : setOf(allowedCpus),
    allowedNodes: allowedNodes === null ? all.allowedNodes : setOf(allowedNodes),
  };
}

/**
 * What is known of the accelerators here beside the topology: which of them a program can open, and
 * how ROCm numbers AMD's.
 */
export function acceleratorsHere(tree: Tree, topology: Topology): AcceleratorFacts {
  return { topology, usable: usableHere(tree, topology), rocmOrder: rocmOrder(tree) };
}

const nvidiaFolder = "/proc/driver/nvidia/gpus";

/** The classes of device files by which other drivers let programs use a GPU, and their names. */
const classesOfFiles = [
  { name: "drm", folder: "/dev/dri", kind: /^renderD\d{1,4}$/ },
  { name: "accel", folder: "/dev/accel", kind: /^accel\d{1,4}$/ },
] as const;

/**
 * The accelerators with a device file that may be opened here. A container has the files of its own
 * alone; a job of Slurm sees all of them, and its cgroup lets it open its own. One whose driver
 * makes no file that is known here, or makes them later, counts as usable. Null where NVIDIA's
 * driver does not say which file is which GPU, and there are fewer files than GPUs.
 */
function usableHere(tree: Tree, { accelerators, pci }: Topology): ReadonlySet<string> | null {
  const openable = (folder: string, kind: RegExp): readonly string[] => {
    const names = tree.list(folder).filter((name) => kind.test(name));
    return tree.live ? names.filter((name) => mayOpen(`${folder}/${name}`)) : names;
  };
  const files = openable("/dev", /^nvidia\d{1,4}$/);
  const classes = classesOfFiles.map(({ name, folder, kind }) => {
    return { name, kind, files: new Set(openable(folder, kind)) };
  });
  const drivers = new Map(pci.map(({ address, driver }) => [address, driver]));
  const ofDriver = (name: string): readonly string[] =>
    accelerators.map(({ address }) => address).filter((one) => drivers.get(one) === name);
  const minors = new Map(ofDriver("nvidia").map((one) => [one, nvidiaMinor(tree, one)]));
  const isSilent = [...minors.values()].every((minor) => minor === null);
  if (isSilent && files.length > 0 && files.length < minors.size) return null;
  const hasOwnFile = (address: string): boolean => {
    const driver = drivers.get(address);
    if (driver === "vfio-pci") return false;
    if (driver === "nvidia") {
      if (areToBeMade(tree)) return true;
      return isSilent ? files.length > 0 : files.includes(`nvidia${minors.get(address)}`);
    }
    return classes.every(({ name, kind, files: there }) => {
      const own = tree.list(`${pciDirectory}/${address}/${name}`).filter((one) => kind.test(one));
      return own.every((one) => there.has(one));
    });
  };
  return new Set(accelerators.map(({ address }) => address).filter(hasOwnFile));
}

/**
 * Whether CUDA will make NVIDIA's device files when it is first used: after a boot there may be
 * none, and the driver's package has the program that makes them. A container without GPUs has
 * neither.
 */
function areToBeMade(tree: Tree): boolean {
  const isMade = tree.list("/dev").some((name) => /^nvidia(?:\d{1,4}|ctl)$/.test(name));
  return !isMade && tree.realPath("/usr/bin/nvidia-modprobe") !== null;
}

/**
 * Whether this process may open a device for reading and writing, by its user and its cgroup. Asked
 * without opening it, which may wake a GPU up.
 * https://docs.kernel.org/admin-guide/cgroup-v1/devices.html
 */
function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A container has the folders of its own GPUs alone, in some runtimes. */
function nvidiaMinor(tree: Tree, address: string): number | null {
  const text = tree.readText(`${nvidiaFolder}/${address}/information`);
  const minor = text === null ? undefined : new Map(fields(text)).get("Device Minor");
  return minor !== undefined && /^\d{1,4}$/.test(minor) ? Number(minor) : null;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

const kfdFolder = "/sys/class/kfd/kfd/topology/nodes";

/**
 * The order in which ROCm numbers GPUs: that of the nodes of its kernel driver. A node without SIMD
 * units is a CPU; `location_id` is bus, device and function.
 * https://docs.kernel.org/gpu/amdgpu/ and drivers/gpu/drm/amd/amdkfd/kfd_topology.c
 */
function rocmOrder(tree: Tree): readonly string[] | null {
  const nodes = indexedNames(tree, kfdFolder, "");
  if (nodes.length === 0) return null;
  return nodes.flatMap((node) => {
    const text = tree.readText(`${kfdFolder}/${node}/properties`) ?? "";
    const told = new Map(
      text.split("\n").map((line): [string, number] => {
        const [key = "", value = ""] = line.trim().split(/\s+/);
        return [key, Number(value)];
      }),
    );
    const [simds, location, domain] = ["simd_count", "location_id", "domain"].map((key) =>
      told.get(key),
    );
    if (simds === undefined || simds === 0 || location === undefined || domain === undefined) {
      return [];
    }
    const [bus, device] = [location >> 8, (location >> 3) & 31];
    const address = `${hex(domain, 4)}:${hex(bus, 2)}:${hex(device, 2)}.${location & 7}`;
    return isPciAddress(address) ? [address] : [];
  });
}

/** Adds to RDMA NICs the numbers of their ports, which libraries are told with the name. */
export function withPorts(tree: Tree, topology: Topology): Topology {
  const nics = topology.nics.map((nic) => {
    if (nic.ports !== null || nic.name === null || nic.rdma !== true) return nic;
    const numbers = indexedNames(tree, `/sys/class/infiniband/${nic.name}/ports`, "");
    const ports = numbers.map((port) => {
      return { name: nic.name, port, bytesPerSecond: null, guid: null };
    });
    return ports.length === 0 ? nic : { ...nic, ports };
  });
  return { ...topology, nics };
}
