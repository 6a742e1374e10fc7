import { formatList } from "@evenkeel/core/set/list-format.ts";
import { catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { expect, test } from "vitest";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { acceleratorsHere, allowedHere, withPorts } from "./read-here.ts";

/** What the kernel's files tell of this process and of the GPUs that it can open. */

function machine(): Topology {
  const found = catalogMachine("hgx-h100");
  if (found === null) throw new Error("the catalog has hgx-h100");
  return found;
}
const hgx = machine();
const all = hgx.accelerators.map(({ address }) => address);
const [first = "", second = "", third = ""] = all;

/** The machine with a driver for all of its PCI functions. */
const driven = (driver: string | null): Topology => ({
  ...hgx,
  pci: hgx.pci.map((device) => ({ ...device, driver })),
});

type Files = Readonly<Record<string, string>>;
const usable = (driver: string | null, files: Files): readonly string[] | null => {
  const found = acceleratorsHere(treeOf(files), driven(driver)).usable;
  return found === null ? null : [...found];
};
const device = (...names: readonly string[]): Files =>
  Object.fromEntries(names.map((name) => [`/dev/${name}`, ""]));
const numbered = (address: string, minor: string): Files => ({
  [`/proc/driver/nvidia/gpus/${address}/information`]: `Model: \t\t X\nDevice Minor: \t ${minor}\n`,
});

test("of NVIDIA's GPUs a program can open those whose file is here, by the driver's numbers", () => {
  const numbers = all.map((address, i) => numbered(address, `${7 - i}`));
  const told: Files = Object.assign({}, ...numbers);
  expect(usable("nvidia", { ...told, ...device("nvidia7", "nvidiactl") })).toEqual([first]);
  expect(usable("nvidia", { ...told, ...device("nvidia5", "nvidia6") })).toEqual([second, third]);
  expect(usable("nvidia", { ...told, ...device("nvidia-uvm", "nvidia12345") })).toEqual([]);
  // A container that is told of its own alone.
  const own = { ...numbered(second, "1"), ...device("nvidia0", "nvidia1", "nvidianull") };
  expect(usable("nvidia", own)).toEqual([second]);
});

test.each(["-1", "12345", "none"])("NVIDIA's number %s is none", (minor) => {
  const silent: Files = Object.assign({}, ...all.map((address) => numbered(address, minor)));
  expect(usable("nvidia", { ...silent, ...device("nvidia0", "nvidia1") })).toBeNull();
  const files = { ...numbered(first, minor), ...numbered(second, "1") };
  expect(usable("nvidia", { ...files, ...device(`nvidia${minor}`, "nvidia1") })).toEqual([second]);
});

test("where NVIDIA's driver is silent, its files tell if there is one for each GPU, or none", () => {
  const files = (count: number) => device(...all.slice(0, count).map((_, i) => `nvidia${i}`));
  expect(usable("nvidia", files(8))).toEqual(all);
  expect(usable("nvidia", files(7))).toBeNull();
  expect(usable("nvidia", { ...files(7), ...device("nvidiactl", "nvidia12345") })).toBeNull();
  expect(usable("nvidia", {})).toEqual([]);
});

test("of AMD's GPUs a program can open those whose render file is here", () => {
  const drm = (address: string, ...names: readonly string[]): Files =>
    Object.fromEntries(
      names.map((name) => [`/sys/bus/pci/devices/${address}/drm/${name}/dev`, "226:128\n"]),
    );
  const files = { ...drm(first, "card0", "renderD128"), ...drm(second, "card1", "renderD129") };
  const others = all.filter((address) => address !== second);
  expect(usable("amdgpu", { ...files, ...device("dri/renderD128") })).toEqual(others);
  // Nothing else counts: not a file for displays, nor one of another driver.
  expect(usable("amdgpu", { ...files, ...device("dri/card1", "nvidia0") })).not.toContain(second);
});

test("a GPU that is given to VMs is none for a program; of other drivers its render file tells", () => {
  expect(usable("vfio-pci", device("nvidia0"))).toEqual([]);
  const own = { [`/sys/bus/pci/devices/${first}/drm/renderD128/dev`]: "226:128\n" };
  for (const driver of ["habanalabs", "xe", null]) {
    expect(usable(driver, {})).toEqual(all);
    expect(usable(driver, { ...own, ...device("dri/renderD128") })).toEqual(all);
    expect(usable(driver, own)).toEqual(all.filter((address) => address !== first));
  }
});

const kfd = (node: number, properties: Readonly<Record<string, number | string>>): Files => {
  const lines = Object.entries(properties).map(([key, value]) => `${key} ${value}\n`);
  return { [`/sys/class/kfd/kfd/topology/nodes/${node}/properties`]: lines.join("") };
};
const rocm = (...files: readonly Files[]) =>
  acceleratorsHere(treeOf(Object.assign({}, ...files)), hgx).rocmOrder;

test("ROCm's order is that of its kernel driver's nodes: by number, without CPUs", () => {
  const cpu = { cpu_cores_count: 64, simd_count: 0, location_id: 0, domain: 0 };
  const order = rocm(
    kfd(0, cpu),
    kfd(2, { simd_count: 1216, location_id: 0xc5f7, domain: 0 }),
    kfd(10, { simd_count: 1216, location_id: 0x0500, domain: 0x10001 }),
    kfd(3, { simd_count: 1216, location_id: 0x0108, domain: 1 }),
  );
  expect(order).toEqual(["0000:c5:1e.7", "0001:01:01.0", "10001:05:00.0"]);
  expect(rocm()).toBeNull();
});

test.each<[string, Readonly<Record<string, number | string>>]>([
  ["that may not be read", {}],
  ["without a place", { simd_count: 8, domain: 0 }],
  ["without a domain", { simd_count: 8, location_id: 256 }],
  ["whose kind is not told", { location_id: 256, domain: 0 }],
  ["with a word for a place", { simd_count: 8, location_id: "here", domain: "x" }],
  ["on a bus that cannot be", { simd_count: 8, location_id: 0x10000, domain: 0 }],
])("a node %s has no place in ROCm's order", (_, properties) => {
  const known = { simd_count: 8, location_id: 0x0100, domain: 0 };
  expect(rocm(kfd(0, properties), kfd(1, known))).toEqual(["0000:01:00.0"]);
});

test("a process may use what its status tells, and all of the machine where nobody tells", () => {
  const allowed = (status: string) => {
    const { allowedCpus, allowedNodes } = allowedHere(treeOf({ "/proc/self/status": status }), hgx);
    return [formatList(allowedCpus), formatList(allowedNodes)];
  };
  expect(allowed("Cpus_allowed_list:\t0-3,8\nMems_allowed_list:\t1\n")).toEqual(["0-3,8", "1"]);
  expect(allowed("Cpus_allowed_list:\t2\n")).toEqual(["2", "0-1"]);
  expect(allowed("Mems_allowed_list:\t0\n")).toEqual(["0-223", "0"]);
});

test("RDMA NICs get the numbers of their ports; what is known, or has none, stays", () => {
  const ports = { name: "mlx5_9", port: 7, bytesPerSecond: null, guid: null };
  const nic = { address: "0000:1a:00.0", name: "mlx5_0", rdma: true, ports: null };
  const nics: Topology["nics"] = [
    nic,
    { ...nic, name: "mlx5_1" },
    { ...nic, name: "eth0", rdma: false },
    { ...nic, name: null },
    { ...nic, ports: [ports] },
  ];
  const folder = "/sys/class/infiniband";
  const tree = treeOf({
    [`${folder}/mlx5_0/ports/1/state`]: "4: ACTIVE\n",
    [`${folder}/mlx5_0/ports/2/state`]: "4: ACTIVE\n",
    [`${folder}/eth0/ports/1/state`]: "",
    [`${folder}/null/ports/1/state`]: "",
  });
  const [with2, ...others] = withPorts(tree, { ...hgx, nics }).nics;
  expect(with2?.ports?.map(({ name, port }) => [name, port])).toEqual([
    ["mlx5_0", 1],
    ["mlx5_0", 2],
  ]);
  expect(others).toEqual(nics.slice(1));
});
