import { cleanVm } from "@evenkeel/core/testing/explain/clean.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { verify } from "@evenkeel/core/verify/verify.ts";
import { readEvidence } from "@evenkeel/host/evidence/read-evidence.ts";
import { parseShellReport } from "@evenkeel/host/guest-check/parse-report.ts";
import { readLiveDomain } from "@evenkeel/host/libvirt/live-domain.ts";
import { processOf } from "@evenkeel/host/procfs/find-process.ts";
import { messageOf, parseLine } from "@evenkeel/host/qmp/parse.ts";
import { readMonitor } from "@evenkeel/host/qmp/read.ts";
import { memoryTree } from "@evenkeel/host/tree/memory-tree.ts";
import { mustBeDocument } from "./must-be-document.ts";
import type { Target } from "./target.ts";
import { textTarget } from "./text-target.ts";

const separator = "\n=====\n";

/** The kernel's files about a VM's process; a sample has one part for each, in this order. */
const parts: readonly (readonly [path: string, text: string])[] = [
  [
    "/proc/4711/numa_maps",
    "7f0000000000 bind:0 anon=512 dirty=512 N0=500 N1=12 kernelpagesize_kB=4\n" +
      "7f5e00000000 prefer (many):0-1 file=/dev/hugepages/qemu_back_mem._objects_ram-node1.Xy huge N1=1 kernelpagesize_kB=2048\n",
  ],
  [
    "/proc/4711/maps",
    "7f0000000000-7f0000200000 rw-p 00000000 00:00 0 \n7f5e00000000-7f5e00200000 rw-s 00000000 00:0f 1 /dev/hugepages/x\n",
  ],
  [
    "/proc/4711/cmdline",
    [
      "qemu-system-x86_64",
      "-name guest=llm-a,debug-threads=on",
      "-uuid 11111111-2222-3333-4444-555555555555",
      "-object memory-backend-ram,id=ram-node0,size=2M,host-nodes=0,policy=bind",
      '-object {"qom-type":"memory-backend-file","id":"ram-node1","size":2097152,"mem-path":"/dev/hugepages/x"}',
      "-numa node,nodeid=0,cpus=0,memdev=ram-node0",
      "-numa node,nodeid=1,cpus=1,memdev=ram-node1",
      "-numa dist,src=0,dst=1,val=21",
      "-device pxb-pcie,id=pci.1,bus=pcie.0,numa_node=1",
      '-device {"driver":"vfio-pci","host":"0000:1b:00.0","bus":"pci.1"}',
      "-smp 4,sockets=1,cores=2 -cpu host,topoext=on,-avx512f",
      "-global pcie-root-port.x-speed=16 -device pcie-root-port,id=pci.2,bus=pci.1,x-width=16",
      "-fw_cfg name=opt/evenkeel/contract",
    ]
      .join(" ")
      .replaceAll(" ", "\0"),
  ],
  [
    "/proc/4711/status",
    "Name:\tqemu\nThreads:\t1\nCpus_allowed_list:\t0-3\nMems_allowed_list:\t0-1\n",
  ],
  [
    "/proc/4711/task/4711/status",
    "Name:\tqemu\nCpus_allowed_list:\t0-3\nMems_allowed_list:\t0-1\n",
  ],
  ["/proc/4711/task/4711/comm", "CPU 0/KVM\n"],
  ["/proc/4711/task/4711/stat", `4711 (CPU 0/KVM) S ${"1 ".repeat(60)}\n`],
  ["/proc/4711/task/4711/cgroup", "3:cpuset:/vm\n0::/machine.slice\n"],
  ["/sys/fs/cgroup/cpuset/vm/cpuset.cpus", "0-3\n"],
  ["/proc/interrupts", "   CPU0\n 45: 12 PCI-MSI 0-edge vfio-msix[0](0000:1b:00.0)\n"],
  ["/proc/irq/45/smp_affinity_list", "0-3\n"],
  ["/sys/bus/pci/devices/0000:1b:00.0/current_link_speed", "16.0 GT/s PCIe\n"],
  ["/sys/devices/system/node/node0/cpulist", "0-3\n"],
  ["/proc/4711/task/4711/schedstat", "36865 795284 2\n"],
  [
    "/proc/4711/smaps_rollup",
    "Rss: 9 kB\nAnonymous: 8 kB\nAnonHugePages: 4 kB\nShmemPmdMapped: 0 kB\n",
  ],
  ["/proc/4711/mountinfo", "30 29 0:15 / /run rw shared:5 - tmpfs tmpfs rw\n"],
];

const answers = [
  '{"return": [{"cpu-index": 0, "thread-id": 4711, "props": {"node-id": 0}}]}',
  '{"return": [{"id": "iothread1", "thread-id": 4712}]}',
  '{"return": [{"id": "ram-node0", "size": 2097152, "policy": "bind", "host-nodes": [0]}]}',
  '{"return": "Host virtual address for 0x0 (ram-node0) is 0x7f0000000000\\r\\n"}',
  '{"return": [{"name": "hostdev0", "type": "child<vfio-pci>"}]}',
  '{"return": "0000:1b:00.0"}',
  '{"return": "/machine/peripheral/pci.1/pci.1"}',
  '{"return": 1}',
  '{"return": {"actual": 1073741824}}',
  '{"return": {"base-memory": 2147483648}}',
  '{"return": "16"}',
  '{"return": "Haswell-x86_64-cpu"}',
  '{"return": [{"cpu-index": 0, "thread-id": 4711, "qom-path": "/machine/unattached/device[0]", "props": {"core-id": 0, "thread-id": 1, "socket-id": 0}}]}',
].join("\n");

const domain = `<domain type='kvm'><numatune><memory mode='strict' nodeset='0-1'/><memnode cellid='0' mode='strict' nodeset='0'/></numatune>
<cputune><vcpupin vcpu='0' cpuset='2'/><emulatorpin cpuset='0-1'/></cputune>
<vcpu current='2'>4</vcpu><memory unit='GiB'>2</memory><currentMemory>1048576</currentMemory>
<memoryBacking><hugepages><page size='2048' unit='KiB' nodeset='0'/></hugepages></memoryBacking>
<qemu:override><qemu:device alias='pci.1'><qemu:frontend><qemu:property name='x-speed' value='16'/></qemu:frontend></qemu:device></qemu:override>
<cpu mode='custom'><model>Haswell</model><topology sockets='1' dies='1' cores='2' threads='2'/><feature policy='disable' name='avx2'/><numa><cell id='0' cpus='0' memory='2048' unit='KiB'><distances><sibling id='0' value='10'/></distances></cell></numa></cpu>
<devices><memballoon model='virtio'/><controller type='pci' index='1' model='pcie-expander-bus'><target busNr='250'><node>0</node></target></controller>
<hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x1b' slot='0x00' function='0x0'/></source>
<address type='pci' bus='0x01' slot='0x00' function='0x0'/></hostdev></devices></domain>`;

const plan = planOf({ cells: [{ cores: 1, devices: [{ address: "0000:1b:00.0" }] }] });

/**
 * Whatever process, monitor and libvirt report, the evidence is a valid document, and a verdict
 * follows from it.
 */
async function readMutated(text: string): Promise<null> {
  const partTexts = text.split(separator);
  const files = new Map(parts.map(([path], i) => [path, partTexts[i] ?? ""]));
  const tree = memoryTree(files, new Map(), "mutated");
  const lines = (partTexts[parts.length] ?? "").split("\n");
  let nextLine = 0;
  const monitor = await readMonitor({
    where: "QMP",
    // A monitor that answers with the next line, whatever the question.
    ask: async () => {
      const message = messageOf(parseLine(lines[nextLine++ % lines.length] ?? ""));
      return message.kind === "answer" ? message.value : null;
    },
  }).catch((error: Error) => ({ why: error.message }));
  const libvirt = readLiveDomain(partTexts[parts.length + 1] ?? "", "mutated.xml");
  const request = {
    of: "vm",
    name: plan.vm,
    host: plan.host,
    takenAt: "2026-01-31T12:00:00.000Z",
    process: processOf(tree, 4711),
    whyNoProcess: "no emulator",
    devices: ["0000:1b:00.0"],
    vm: { monitor, libvirt, guest: { why: "none" } },
    threadsBefore: null,
    machine: null,
  } as const;
  const evidence = readEvidence(tree, request);
  mustBeDocument(evidence, "Evidence");
  // The same as any process, whose memory is read by its kind.
  const process = { of: "process", vm: null, machine: cleanVm(0).machine } as const;
  mustBeDocument(readEvidence(tree, { ...request, ...process }), "Evidence");
  mustBeDocument(verify(plan, evidence, { scope: "guest" }), "Verdict");
  return null;
}

const shellReport = `evenkeel-guest-report 1
kernel 6.1.0
cpu model AMD EPYC
cpu flags avx avx2 topoext
cpu threads 0-1
cpu packages 0 0 1 1
node 0 memory-kib 1048576 cpus 0-3 distances 10 21
hugepages 0 size-kib 2048 total 7 free 3
node 1 memory-kib 1048576 cpus - distances 21 10
pci
device 0000:f9:00.0 vendor 0x10de device 0x2330 node 1 speed 32.0_GT/s_PCIe width 16 max-speed 32.0_GT/s_PCIe max-width 16
bars 0000:f9:00.0${" 0x00000000c0000000 0x00000000c0ffffff 0x0000000000040200".repeat(6)}
port 0000:f8:00.0 speed 16.0_GT/s_PCIe width 16 max-speed 16.0_GT/s_PCIe max-width 32 acs 001d below 0000:f9:00.0
contract ${"a".repeat(64)} /sys/firmware/qemu_fw_cfg/by_name/opt/evenkeel/contract/raw
nccl ${"b".repeat(64)} /etc/nccl.conf /etc/evenkeel/nccl-topology.xml
nccl-force yes
nccl-text <system><cpu><pci class="0x030200" link_speed="2.5 GT/s" link_width="1"><gpu/></pci></cpu></system>
nccl-log GPU Direct RDMA Disabled for GPU ca000 / HCA 0 (distance 7 > 4)
smi-query <nvidia_smi_log><gpu id="00000000:02:00.0"><persistence_mode>Enabled</persistence_mode></gpu></nvidia_smi_log>
unreadable devices: none
end
`;

export const evidenceTargets: readonly Target[] = [
  textTarget("evidence", async () => ({
    samples: [[...parts.map(([, text]) => text), answers, domain].join(separator)],
    read: readMutated,
  })),
  textTarget("guest-report", async () => ({
    samples: [shellReport, `[    0.1] Linux\r\n${shellReport.replaceAll("\n", "\r\n")}`],
    read: (text) => {
      mustBeDocument(parseShellReport(text, "mutated.txt"), "GuestReport");
      return null;
    },
  })),
];
