/** A text that is known and describes no machine, or one that another output describes better. */
export interface Foreign {
  /** What it is: `the output of free`, `a kernel's log (dmesg)`. */
  readonly name: string;
  /** What to do instead: an instruction. */
  readonly instead: string;
}

const give = (outputs: string): string =>
  `give the output of ${outputs} of this machine, or record all of it with evenkeel snapshot FILE`;

const cpus = give("lscpu and numactl -H");
const gpus = give("nvidia-smi -q -x and nvidia-smi topo -m");
const amd = give("amd-smi topology or rocm-smi --showtopo");
const devices = give("lspci -Dvvvnn");
const cluster = give("kubectl get resourceslices -o yaml");
const measured =
  "it tells what distance costs, not what the machine is: give it with --calibration FILE, beside the machine";
const failed = "run the command again where it works, and give what it prints";

/**
 * Outputs and texts that people give in place of a machine's, by lines that only they have. Each
 * pattern is anchored and bounded, and matches no line of an output that is read.
 */
const kinds: readonly (readonly [name: string, line: RegExp, instead: string])[] = [
  // CPUs and memory.
  ["the output of free", /^ {2,20}total {2,20}used {2,20}free\b/, cpus],
  ["/proc/meminfo", /^MemTotal:\s{1,20}\d{1,15} kB$/, cpus],
  ["/proc/cpuinfo", /^processor\s{0,4}: \d{1,5}$/, cpus],
  [
    "the output of numastat",
    /^(?:numa_hit\s{1,30}\d| {10,40}node ?\d{1,4}(?: {2,30}node ?\d{1,4}){0,99}$|Per-node (?:system|process|numastat))/,
    cpus,
  ],
  ["the output of numactl --show", /^policy: (?:default|bind|interleave|prefer|local)/, cpus],
  ["the output of vmstat", /^procs -{2,20}memory-/, cpus],
  ["the output of top", /^top - \d\d:\d\d:\d\d up /, cpus],
  ["the output of ps", /^ {0,8}(?:UID|USER|PID) {1,12}(?:PID|PPID|TTY|%CPU|USER)\b/, cpus],
  ["the output of uptime", /^ ?\d\d:\d\d:\d\d up {1,3}\d/, cpus],
  ["the output of uname", /^Linux \S{1,64} \d{1,2}\.\d{1,3}[^\n]{0,200} GNU\/Linux$/, cpus],
  ["the output of cpupower", /^analyzing CPU \d{1,5}:$/, cpus],
  ["the output of x86info or cpuid", /^(?:CPU 0:$|x86info v\d)/, cpus],
  ["the output of likwid-topology", /^CPU name:\t/, cpus],
  ["the output of virsh nodeinfo", /^CPU model: {5,20}\w/, give("virsh capabilities")],
  ["/proc/interrupts", /^ {4,20}CPU0 {4,20}CPU1\b/, devices],
  ["the output of sysstat", /^Linux \d\S{1,80} \([^)]{1,80}\) \t/, cpus],
  ["the output of lshw", /^ {2,20}\*-(?:core|cpu|memory|pci|display|firmware)\b/, devices],
  ["the output of dmidecode", /^(?:# dmidecode \d|Handle 0x[0-9A-F]{4}, DMI type \d)/, cpus],
  ["the output of inxi", /^System:\s{1,40}(?:Host|Kernel):? /, devices],
  ["a file like /etc/os-release", /^PRETTY_NAME="/, cpus],
  ["the output of hostnamectl", /^ {1,12}(?:Static|Transient) hostname: /, cpus],
  [
    "the output of Windows' systeminfo",
    /^Host Name: {10,30}\S/,
    give("lscpu and lspci -Dvvvnn, under Linux"),
  ],
  [
    "the output of macOS' system_profiler",
    /^(?:Hardware|Software|Graphics\/Displays):$/,
    give("lscpu and lspci -Dvvvnn, under Linux"),
  ],
  // GPUs.
  ["the output of nvidia-smi dmon", /^# ?gpu {1,12}(?:pwr|sm|rxpci|mclk|fb|gtemp)\b/i, gpus],
  ["the output of nvidia-smi pmon", /^# ?gpu {1,12}pid {1,12}type\b/i, gpus],
  ["the output of gpustat", /^\[\d{1,3}\] [\w -]{3,60} ?\| {0,3}\d{1,3}[^\n]{0,3}C, /, gpus],
  ["the output of dcgmi", /^\| GPU ID \| Device Information/, gpus],
  ["the output of nvidia-smi mig", /^\| GPU (?:instances|instance profiles):/, gpus],
  ["the output of nvbandwidth", /^nvbandwidth Version:/, measured],
  ["the output of Intel's mlc", /^Intel\(R\) Memory Latency Checker/, measured],
  ["the output of STREAM", /^STREAM version \$Revision/, measured],
  ["the output of rocm-bandwidth-test", /^ {0,20}RocmBandwidthTest Version:/, measured],
  ["the output of p2pBandwidthLatencyTest", /^\[P2P \(Peer-to-Peer\) GPU Bandwidth/, measured],
  [
    "the output of deviceQuery",
    /^(?:\S{0,60}deviceQuery Starting\.|Device \d: "[^"]{1,60}"$)/,
    gpus,
  ],
  ["the output of a test of nccl-tests", /^# nThread \d/, gpus],
  ["the output of rocminfo", /^(?:ROCk module |HSA System Attributes)/, amd],
  ["the output of npu-smi", /^\| npu-smi \d/, devices],
  ["the output of clinfo", /^Number of platforms {2,60}\d/, devices],
  // Networks and disks.
  ["the output of ibstat", /^CA '[\w.-]{1,40}'$/, devices],
  ["the output of ibstatus", /^Infiniband device '[\w.-]{1,40}' port \d/, devices],
  ["the output of ibv_devinfo", /^hca_id:\s/, devices],
  [
    "the output of ibdev2netdev",
    /^[\w.-]{1,30} port \d{1,2} ==> \S{1,30} \((?:Up|Down)\)/,
    devices,
  ],
  ["the output of mst status", /^MST (?:modules|devices):$/, devices],
  ["the output of rdma link", /^link \w{1,30}\/\d{1,3} state [A-Z]/, devices],
  ["the output of ip", /^\d{1,5}: [\w.@-]{1,40}: <[A-Z0-9_,-]{1,120}> mtu \d/, devices],
  ["the output of ifconfig", /^[\w.-]{1,30}(?:: flags=\d{1,8}<| {2,12}Link encap:)/, devices],
  ["the output of ethtool", /^(?:Settings for \S{1,40}:|driver: \w{1,30})$/, devices],
  ["the output of lsblk", /^NAME {1,80}(?:MAJ:MIN|FSTYPE|SIZE|TYPE)\b/, devices],
  ["the output of df", /^Filesystem {1,80}(?:1K-blocks|1M-blocks|Size|Type|Inodes)\b/, devices],
  ["the output of fdisk", /^Disk \/dev\/\w{1,30}: /, devices],
  ["the output of mount", /^(?:sysfs|proc) on \/(?:sys|proc) type /, devices],
  ["the output of nvme list", /^Node {5,80}(?:Generic {2,80})?SN {2}/, devices],
  ["the output of lsscsi", /^\[\d{1,4}:\d{1,4}:\d{1,4}:\d{1,4}\] {2,8}\w/, devices],
  ["the output of lsusb", /^Bus \d{3} Device \d{3}: ID /, devices],
  ["the output of lsmod", /^Module {2,40}Size {2}Used by/, devices],
  ["the output of sensors", /^Adapter: /, devices],
  [
    "the output of ls",
    /^(?:total \d{1,12}|[dl-][rwxsStT-]{9}[.+]? +\d{1,6} \w[^\n]{0,400})$/,
    devices,
  ],
  // VMs, containers, clusters.
  ["a list of libvirt's VMs", /^ ?Id {2,12}Name {2,80}State/, give("virsh capabilities")],
  ["the output of virsh vcpuinfo", /^VCPU: {5,20}\d/, give("virsh capabilities")],
  ["a command line of QEMU", /^\S{0,200}qemu-(?:system-\w{3,12}|kvm)\b[^\n]{0,400} -\w/, cpus],
  ["the output of docker ps", /^CONTAINER ID {2,20}IMAGE\b/, cpus],
  [
    "a table of kubectl get",
    /^(?:NAMESPACE {2,60})?NAME {2,80}(?:STATUS|READY|DRIVER|NODE|AGE|CPU\(cores\))\b/,
    cluster,
  ],
  ["the output of kubectl describe", /^(?:Name|Namespace): {4,20}\S{1,253}$/, cluster],
  ["the output of sinfo", /^PARTITION {1,12}AVAIL\b/, cpus],
  ["the output of scontrol", /^NodeName=\S{1,200} (?:Arch|CoresPerSocket)=/, cpus],
  ["the output of squeue", /^ {4,20}JOBID PARTITION\b/, cpus],
  // Logs, programs, pages.
  [
    "a kernel's log (dmesg)",
    /^(?:\[ {0,8}\d{1,9}\.\d{6}\]|<\d{1,2}>\[|Linux version \d|Command line: BOOT_IMAGE|BIOS-e820:|NVRM: |pci(?:eport|_bus)? \d{4}:|(?:nvidia|amdgpu|mlx5_core|vfio-pci) \d{4}:|DMAR: |AMD-Vi: |ACPI: [A-Z]{4} 0x)/,
    devices,
  ],
  [
    "a journal of systemd",
    /^-- (?:Logs begin|Journal begins|Boot [0-9a-f]{32}|No entries)/,
    devices,
  ],
  [
    "a program's stack trace",
    /^(?:Traceback \(most recent call last\):|Exception in thread |goroutine \d{1,9} \[|thread '[^']{1,80}' panicked at |panic: | {2,8}at [\w.$<>/ ]{1,200} ?\([^)\n]{1,200}:\d{1,7}(?::\d{1,7})?\)$|\*\*\* stack smashing|Segmentation fault)/,
    cpus,
  ],
  [
    "the message of a command that failed",
    /^(?:[\w./-]{1,60}: (?:line \d{1,5}: )?(?:[\w./-]{1,60}: )?(?:command not found|not found)$|NVIDIA-SMI has failed because |Failed to initialize NVML|No devices were found$|(?:cat|ls|sudo|error): )/,
    failed,
  ],
  ["a diff", /^(?:diff --git |--- a\/|@@ -\d)/, cpus],
  ["a script", /^#!\s{0,4}\/\S/, "run it, and give what it prints"],
  [
    "a program's code",
    /^(?:#include [<"]|import \w[\w.]{0,60}$|package main$|def \w{1,60}\()/,
    cpus,
  ],
];

/** What a line begins that is no output of a tool that is read; null for any other line. */
export function foreignLine(line: string): Foreign | null {
  // The bulk of long outputs is indented by tabs.
  if (line.startsWith("\t")) return null;
  const found = kinds.find(([, pattern]) => pattern.test(line));
  return found === undefined ? null : { name: found[0], instead: found[2] };
}

/** Whether it is a single line that may stand between the lines of any output. */
export function isMessage({ instead }: Foreign): boolean {
  return instead === failed;
}

/** The most lines that are looked at, more than any preface has. */
const linesMax = 2000;

/**
 * What a text is in which no output was recognized: by its form as a whole, or by its first line
 * that tells. Null where nothing tells. `given` is the text as it was, `plain` without the prefixes
 * of terminals and logs.
 */
export function foreignText(given: string, plain: string): Foreign | null {
  const start = given.slice(0, startMax);
  return (
    foreignXml(start) ??
    foreignObject(start) ??
    foreignLines(given) ??
    foreignLines(plain) ??
    foreignLog(given, plain)
  );
}

const startMax = 65_536;

function foreignLines(text: string): Foreign | null {
  for (const line of text.split(/\r?\n/, linesMax)) {
    const found = foreignLine(line.slice(0, lineMax));
    if (found !== null) return found;
  }
  return null;
}

const lineMax = 2000;

/** A text nearly all of whose lines have a time is a log. */
function foreignLog(given: string, plain: string): Foreign | null {
  const lines = given.split("\n", linesMax).filter((line) => line.trim() !== "");
  const times = lines.filter((line) => logTime.test(line)).length;
  return lines.length > 1 && times * 5 >= lines.length * 4 && plain.length < given.length
    ? { name: "a log", instead: cpus }
    : null;
}

const logTime =
  /^\[?(?:\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}|[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}|[IWEF]\d{4} \d{2}:\d{2}:\d{2}|\d{2}:\d{2}:\d{2})/;

/** XML and HTML, by the root element. */
function foreignXml(start: string): Foreign | null {
  if (!/^\s{0,1000}</.test(start)) return null;
  const bare = start.replaceAll(/<!--[^]{0,10000}?-->/g, "");
  const root = /<([A-Za-z_][\w.:-]{0,60})/.exec(bare)?.[1] ?? "";
  const known = xmlRoots.get(root.toLowerCase());
  if (known !== undefined) return { name: known[0], instead: known[1] };
  if (root === "" || /^<!doctype html/i.test(start.trimStart())) {
    return { name: "a page of HTML", instead: copyText };
  }
  return { name: `XML with the root element <${root}>`, instead: give("lstopo FILE.xml") };
}

const copyText = "open it in a browser and copy the output as text";
const ofHost = give("virsh capabilities");
const page: Known = ["a page of HTML", copyText];

type Known = readonly [name: string, instead: string];

const xmlRoots: ReadonlyMap<string, Known> = new Map<string, Known>([
  [
    "domain",
    [
      "a VM of libvirt (virsh dumpxml), not the machine that it runs on",
      `${ofHost}; a VM's own topology is read inside it, with lscpu and lspci -Dvvvnn`,
    ],
  ],
  ["domstatus", ["the state of a VM of libvirt", ofHost]],
  ["domainsnapshot", ["a snapshot of a VM of libvirt", ofHost]],
  ["domaincapabilities", ["what QEMU can give a VM (virsh domcapabilities)", ofHost]],
  ["cpu", ["a CPU model of libvirt", ofHost]],
  ["network", ["a network of libvirt", ofHost]],
  ["pool", ["a storage pool of libvirt", ofHost]],
  ["volume", ["a storage volume of libvirt", ofHost]],
  ["sysinfo", ["the output of virsh sysinfo", ofHost]],
  ["list", ["the output of lshw -xml", devices]],
  ["node", ["the output of lshw -xml", devices]],
  ["svg", ["a drawing (SVG)", give("lstopo FILE.xml")]],
  ["plist", ["a property list of macOS", give("lscpu and lspci -Dvvvnn, under Linux")]],
  ...["html", "head", "body", "div", "pre", "table", "details", "p"].map(
    (name): [string, Known] => [name, page],
  ),
]);

/** JSON and YAML: documents of Kubernetes, and what programs print with `--json`. */
function foreignObject(start: string): Foreign | null {
  const version = /^["']?apiVersion["']?\s{0,8}:\s{0,8}["']?([\w./-]{1,120})/m.exec(
    start.replace(/^\s{0,1000}\{\s{0,1000}/, ""),
  )?.[1];
  const kind = /["']?\bkind["']?\s{0,8}:\s{0,8}["']?([A-Z]\w{0,60})/.exec(start)?.[1];
  if (version !== undefined && kind !== undefined && !version.startsWith("evenkeel")) {
    return { name: `a ${kind} of Kubernetes`, instead: cluster };
  }
  const key = /^\s{0,1000}(?:\[\s{0,1000})?\{\s{0,1000}"([\w-]{1,60})"\s{0,8}:/.exec(start)?.[1];
  const found = jsonKeys.get(key ?? "");
  return found === undefined ? null : { name: found[0], instead: found[1] };
}

const jsonKeys: ReadonlyMap<string, Known> = new Map<string, Known>([
  ["blockdevices", ["the output of lsblk --json", devices]],
  ["filesystems", ["the output of findmnt --json", devices]],
  ["ifindex", ["the output of ip -json", devices]],
  ["ifname", ["the output of rdma or ip -json", devices]],
  ["sysstat", ["the output of sysstat", cpus]],
  ["Devices", ["the output of nvme list", devices]],
  ["lsmem", ["the output of lsmem --json", cpus]],
  ["memory", ["the output of lsmem --json", cpus]],
  ["nvme_card", ["the output of nvme", devices]],
  ["Id", ["the output of docker inspect", cpus]],
  ["resources", ["the output of lxc query", cpus]],
  ["@timestamp", ["a log", cpus]],
  ["traceEvents", ["a profile of a program", cpus]],
  ["cells", ["a notebook of Jupyter", "copy the output out of it as text"]],
]);
