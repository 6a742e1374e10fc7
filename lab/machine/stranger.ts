import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "./host.ts";
import { pidOf } from "./libvirt.ts";
import { threadsOf } from "./process.ts";
import { words } from "./words.ts";

/** A VM as others start it, with virsh or QEMU alone: no plan says where it should be. */
export interface Stranger {
  readonly name: string;
  readonly via: "virsh" | "qemu";
  readonly memoryMiB: number;
  /** In huge pages of 2 MiB, or in base pages. */
  readonly huge: boolean;
  /** The nodes that its memory is bound to; null for no policy, where first touch decides. */
  readonly boundTo: string | null;
  /** How the memory is spread over these nodes. */
  readonly mode: "bind" | "interleave" | "preferred";
  /** For each vCPU the CPUs that it may run on. */
  readonly vcpus: readonly string[];
  /** The CPUs of all other threads. */
  readonly helpers: string;
  /** The CPUs that QEMU alone starts on, where memory without a policy then lies. */
  readonly startsOn: string;
  /** The addresses of the accelerators that it is given. */
  readonly devices: readonly string[];
  /** The guest's nodes, which share the memory evenly; one if not given. QEMU alone is told. */
  readonly cells?: readonly { readonly node: number; readonly vcpus: string }[];
  /** The processor that the guest is shown; the host's own if not given. QEMU alone knows it. */
  readonly cpu?: string;
  /** Whether equal pages may be merged; QEMU alone is told. */
  readonly merges?: boolean;
  /** Whether the guest runs its firmware, which finds nothing to boot. */
  readonly runs?: boolean;
  /** Whether the guest boots a kernel that obeys a balloon; virsh alone is told. */
  readonly balloon?: boolean;
  /** Whether all devices are behind one port; QEMU alone is told. */
  readonly onePort?: boolean;
  /** A memory module beside its memory, of base pages without a policy; QEMU alone starts it. */
  readonly moduleMiB?: number;
}

/** Starts a VM whose guest does nothing, because where it lies is all that counts, and pins it. */
export async function startStranger(host: Host, vm: Stranger): Promise<number> {
  return vm.via === "qemu" ? startByQemu(host, vm) : startByVirsh(host, vm);
}

/** Ends a VM and waits until its accelerators and its memory are free. */
export async function stopStranger(host: Host, { name, via }: Stranger): Promise<void> {
  if (via === "virsh") {
    await host.ok("virsh", ["destroy", name]);
    return;
  }
  const pid = (await host.read(pidFile(name))).trim();
  await host.ok("kill", ["-9", pid]);
  while ((await host.run("test", ["-e", `/proc/${pid}`])).status === 0) await sleep(200);
}

const pidFile = (name: string): string => `/tmp/${name}.pid`;

async function startByQemu(host: Host, vm: Stranger): Promise<number> {
  const { name, vcpus, startsOn, memoryMiB, moduleMiB, runs, merges, cpu } = vm;
  const slots = moduleMiB === undefined ? "" : `,slots=1,maxmem=${2 * (memoryMiB + moduleMiB)}M`;
  await host.ok("taskset", [
    ...words("-c", startsOn, "qemu-system-x86_64", "-daemonize", "-pidfile", pidFile(name)),
    ...(runs === true ? [] : ["-S"]),
    ...words("-machine", `q35,accel=tcg,mem-merge=${merges === true ? "on" : "off"}`),
    ...words("-cpu", cpu ?? "max"),
    ...words("-nodefaults", "-display", "none", "-name", `${name},debug-threads=on`),
    ...words("-m", `${memoryMiB}M${slots}`, "-smp", `${vcpus.length}`),
    ...memoryOf(vm),
    ...(moduleMiB === undefined ? [] : moduleOf(moduleMiB)),
    ...words("-qmp", `unix:/tmp/${name}.qmp,server=on,wait=off`),
    ...devicesOf(vm),
  ]);
  const pid = Number((await host.read(pidFile(name))).trim());
  await pin(host, pid, vm);
  return pid;
}

/** Keeps the threads of QEMU to their CPUs, which it forgets when it is put into another cgroup. */
export async function pin(host: Host, pid: number, { helpers, vcpus }: Stranger): Promise<void> {
  await host.ok("taskset", ["-apc", helpers, `${pid}`]);
  for (const [i, cpus] of vcpus.entries()) await pinVcpu(host, pid, i, cpus);
}

function devicesOf({ devices, onePort }: Stranger): readonly string[] {
  if (onePort === true) {
    return [
      ...words("-device", "pcie-root-port,id=port0,bus=pcie.0,chassis=1"),
      ...words("-device", "pcie-pci-bridge,id=bridge,bus=port0"),
      ...devices.flatMap((address, i) =>
        words("-device", `vfio-pci,host=${address},bus=bridge,addr=${i + 1}`),
      ),
    ];
  }
  return devices.flatMap((address, i) => [
    ...words("-device", `pcie-root-port,id=port${i},bus=pcie.0,chassis=${i + 1}`),
    ...words("-device", `vfio-pci,host=${address},bus=port${i}`),
  ]);
}

const moduleOf = (mebibytes: number): readonly string[] => [
  ...words("-object", `memory-backend-ram,id=module,size=${mebibytes}M,prealloc=on`),
  ...words("-device", "pc-dimm,memdev=module"),
];

/** Keeps a running VM's vCPU to CPUs. */
export async function pinVcpu(host: Host, pid: number, id: number, cpus: string): Promise<void> {
  const thread = (await threadsOf(host, pid)).find((one) => one.name.startsWith(`CPU ${id}/`));
  if (thread === undefined) throw new Error(`process ${pid} has no thread of vCPU ${id}`);
  await host.ok("taskset", ["-pc", cpus, `${thread.tid}`]);
}

function memoryOf(vm: Stranger): readonly string[] {
  const { cells, memoryMiB, boundTo, mode } = vm;
  if (cells === undefined) {
    const policy = boundTo === null ? "" : `,host-nodes=${boundTo},policy=${mode}`;
    return ["-machine", "memory-backend=m", "-object", backendOf(vm, "m", memoryMiB) + policy];
  }
  return cells.flatMap(({ node, vcpus }, i) => {
    const policy = `,host-nodes=${node},policy=bind`;
    return [
      ...words("-object", backendOf(vm, `m${i}`, memoryMiB / cells.length) + policy),
      ...words("-numa", `node,nodeid=${i},cpus=${vcpus},memdev=m${i}`),
    ];
  });
}

const backendOf = ({ huge }: Stranger, id: string, mebibytes: number): string =>
  (huge ? "memory-backend-file,mem-path=/dev/hugepages" : "memory-backend-ram") +
  `,id=${id},size=${mebibytes}M,prealloc=on`;

async function startByVirsh(host: Host, vm: Stranger): Promise<number> {
  const path = `/tmp/${vm.name}.xml`;
  await host.write(path, domainOf(vm));
  const isRunning = vm.runs === true || vm.balloon === true;
  await host.ok("virsh", ["create", ...(isRunning ? [] : ["--paused"]), path]);
  return pidOf(host, vm.name);
}

function domainOf(vm: Stranger): string {
  const { name, vcpus, helpers, devices, memoryMiB, huge, boundTo, mode, balloon } = vm;
  const pins = vcpus.map((cpus, i) => `<vcpupin vcpu='${i}' cpuset='${cpus}'/>`).join("");
  const policy = mode === "bind" ? "strict" : mode;
  return `<domain type='qemu'>
  <name>${name}</name>
  <memory unit='MiB'>${memoryMiB}</memory>
  <vcpu>${vcpus.length}</vcpu>
  <memoryBacking>
    ${huge ? "<hugepages><page size='2' unit='M'/></hugepages>" : ""}
    <nosharepages/>
    <allocation mode='immediate'/>
  </memoryBacking>
  <cputune>${pins}<emulatorpin cpuset='${helpers}'/></cputune>
  ${boundTo === null ? "" : `<numatune><memory mode='${policy}' nodeset='${boundTo}'/></numatune>`}
  <os><type arch='x86_64' machine='q35'>hvm</type>${balloon === true ? guestKernel : ""}</os>
  <cpu mode='maximum'>
    <topology sockets='1' dies='1' cores='${vcpus.length}' threads='1'/>
  </cpu>
  <devices>
    <controller type='pci' index='0' model='pcie-root'/>
    ${devices.map(hostdevOf).join("")}
    <memballoon model='${balloon === true ? "virtio" : "none"}'/>
  </devices>
</domain>`;
}

const guestKernel =
  "<kernel>/guest/vmlinux</kernel><initrd>/guest/initrd</initrd><cmdline>quiet</cmdline>";

/** Has a guest that boots give memory back, and waits until it has. */
export async function inflate(host: Host, name: string, leftMiB: number): Promise<void> {
  await host.ok("virsh", ["setmem", name, `${leftMiB}M`, "--live"]);
  for (;;) {
    const said = await host.ok("virsh", ["qemu-monitor-command", name, "--hmp", "info balloon"]);
    if (said.includes(`actual=${leftMiB}`)) return;
    await sleep(1000);
  }
}

/** On a port of its own: libvirt would put the stand-ins, which have no PCIe, behind a bridge. */
function hostdevOf(address: string, i: number): string {
  const [domain, bus, slot, fn] = address.split(/[:.]/);
  return `<controller type='pci' index='${i + 1}' model='pcie-root-port'/>
    <hostdev mode='subsystem' type='pci' managed='no'>
      <source>
        <address domain='0x${domain}' bus='0x${bus}' slot='0x${slot}' function='0x${fn}'/>
      </source>
      <address type='pci' domain='0' bus='${i + 1}' slot='0' function='0'/>
    </hostdev>`;
}

/** Gives devices to the driver that passes them on to VMs. */
export async function bindToVfio(host: Host, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    await host.write(`/sys/bus/pci/devices/${address}/driver_override`, "vfio-pci");
    await host.write("/sys/bus/pci/drivers_probe", address);
  }
}

/** The addresses of a host's accelerators, the stand-ins. */
export async function allAccelerators(host: Host): Promise<readonly string[]> {
  const listed = await host.ok("lspci", words("-D", "-d", "1234:11e8"));
  return listed.split("\n").flatMap((line) => /^(\S+) /.exec(line)?.[1] ?? []);
}
