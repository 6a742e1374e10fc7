/**
 * What `@evenkeel/host` offers to programs elsewhere: machines and running VMs, read. Modules
 * inside the repository name each other by their paths.
 */

// Sources of machines
export { readSource } from "./source/read-source.ts";
export type { Calibrate, SourceOptions } from "./source/options.ts";
export { readAnyText } from "./source/read-any-text.ts";

// Machines by /sys and /proc
export type { Tree } from "./tree/tree.ts";
export { directoryTree, liveTree } from "./tree/directory-tree.ts";
export { memoryTree } from "./tree/memory-tree.ts";
export { readSysfs } from "./sysfs/read.ts";
export { liveMachineTree } from "./machine/live-machine.ts";
export { readMachineTree } from "./machine/read-machine-tree.ts";
export type { Note } from "./text/note.ts";
export { type Snapshot, writeSnapshot } from "./snapshot/write.ts";
export type { RecordingOptions } from "./snapshot/serials.ts";

// What other tools write
export { readCalibration } from "./calibration/read-calibration.ts";
export { readHwloc } from "./hwloc/read-hwloc.ts";
export { readKubernetes } from "./kubernetes/read-node-resources.ts";
export { readLibvirtCapabilities } from "./libvirt/read-capabilities.ts";
export { readLibvirtNodeDevices } from "./libvirt/read-node-devices.ts";
export { readLscpu } from "./lscpu/read-lscpu.ts";
export { readLspci } from "./lspci/read-lspci.ts";
export { readNccl } from "./nccl/read-nccl.ts";
export { readNcclLog } from "./nccl/read-nccl-log.ts";
export { readNumactl } from "./numactl/read-numactl.ts";
export { readHlSmi } from "./hl-smi/read-hl-smi.ts";
export { readNvidiaSmiQuery } from "./nvidia-smi/read-query-xml.ts";
export { readNvidiaSmiTopo } from "./nvidia-smi/read-topo-matrix.ts";
export { readRocmSmi } from "./rocm-smi/read-rocm-smi.ts";
export { readXpuSmi } from "./xpu-smi/read-xpu-smi.ts";
export { readXml } from "./xml/read-xml.ts";

// Running VMs
export type { AskOptions } from "./evidence/ask-hypervisor.ts";
export { type LiveOptions, readLiveEvidence } from "./evidence/read-live.ts";
export type { Environment } from "./machine/child-environment.ts";
export { readGuest } from "./guest-check/read-guest.ts";
export { isShellReport, parseShellReport } from "./guest-check/parse-report.ts";

// Time
export { type Clock, systemClock } from "./clock/clock.ts";
