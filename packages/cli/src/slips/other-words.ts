/**
 * What other tools call the things that Evenkeel does: kubectl, virsh, docker, systemctl, lstopo. A
 * word that is one of Evenkeel's commands is never looked up here, and a test keeps them out.
 */

/** Commands of other tools, and ours that does it: a line in which `…` is what came after;
 * behind `|`, the one for when something came after; behind `=`, what to say instead. */
export const otherCommands: ReadonlyMap<string, string> = new Map([
  ...all("ps ls get dir vms instances domains domlist status dominfo domstate", "list"),
  ...all("start create launch apply up define boot spawn provision", "run vm.yaml"),
  ...all("reboot restart reset", "= evenkeel stop … && evenkeel run vm.yaml"),
  ...all("shutdown destroy kill rm delete remove down halt poweroff terminate undefine", "stop …"),
  ...all("logs log attach tail serial", "console …"),
  ...all("watch monitor events", "verify llm-a --watch | verify … --watch"),
  ...all("describe inspect show info view print draw", "list --output json | verify …"),
  ...all("ssh enter shell", "= Evenkeel enters no guest; use ssh, or virsh console"),
  ...all(
    "pause suspend resume edit",
    "= Evenkeel has no such step; virsh has it for VMs of libvirt",
  ),
  ...all(
    "migrate move rebalance",
    "= nothing moves while it runs: evenkeel capacity --restore says what to place anew",
  ),
  ...all("top stats diagnose health checkup fix lint-host troubleshoot", "doctor …"),
  ...all(
    "lstopo hwloc topo numa hw hwinfo capabilities machine host node hosts nodes",
    "topology …",
  ),
  ...all(
    "freepages numastat cpus cpuinfo meminfo memory pci devices gpus numactl lscpu lspci lsmem " +
      "nvidia-smi rocm-smi amd-smi nodeinfo freecell cpu-models",
    "topology",
  ),
  ...all(
    "vcpupin vcpuinfo vcpucount emulatorpin iothreadinfo numatune taskset pin affinity domstats",
    "list --output json | verify …",
  ),
  ...all("api-resources crd crds kinds schemas", "schema"),
  ...all("machines catalog types models sources", "topology --list"),
  ...all("validate check test dry-run dryrun", "run vm.yaml --dry-run"),
  ...all("plan schedule allocate assign fit solve where", "place …"),
  ...all("xml dumpxml domxml export generate convert translate template manifest", "render …"),
  ...all("record dump capture save", "snapshot …"),
  ...all("collect trace profile", "evidence …"),
  ...all("explain compare cmp diff slower twins", "why …"),
  ...all("import manage register attach-vm", "adopt …"),
  ...all("free available count quota room df", "capacity --on live --flavor flavors.yaml"),
  ...all("sim fleet policies bench benchmark", "simulate"),
  ...all("calibrate mlc stream nvbandwidth latency bandwidth", "measure"),
  ...all("example quickstart tour tutorial", "demo"),
  ...all("numactl taskset bindpcie hwloc-bind mpibind bind pin", "exec …"),
  ...all("man usage manual ?", "help …"),
  ...all("ver about", "version"),
]);

/** Flags of other tools, without dashes, and ours of the same meaning, the likeliest first. */
export const otherFlags: ReadonlyMap<string, readonly string[]> = new Map([
  ...each("format fmt of out print output-format out-format style", ["output", "as"]),
  ...each("type to kind", ["as", "output"]),
  ...each("as", ["output"]),
  ...each("output", ["as"]),
  ...each("host hosts machine node target topology s source src from on sysfs", ["on", "from"]),
  ...each("flavors flavour flavours size t", ["flavor"]),
  ...each("plans used existing occupied", ["taken"]),
  ...each("config c settings reserve reserved", ["policy"]),
  ...each("state-dir statedir dir", ["state"]),
  ...each("anti-affinity avoid not-with apart", ["away-from"]),
  ...each("y assume-yes confirm", ["yes"]),
  ...each("now kill", ["force"]),
  ...each("f", ["force", "watch"]),
  ...each("long full details", ["wide"]),
  ...each("w", ["watch", "wide"]),
  ...each("follow", ["watch"]),
  ...each("wait grace-period", ["timeout"]),
  ...each("serials", ["with-serials"]),
  ...each("compare against", ["diff"]),
  ...each("simulate check n", ["dry-run"]),
  ...each("l catalog machines types", ["list"]),
  ...each("tcg emulate no-kvm", ["emulated"]),
  ...each("cmdline args", ["append"]),
]);

/** Flags that name the file that a command takes as its argument. */
export const fileFlags: readonly string[] = ["f", "file", "filename", "i", "input", "vm", "name"];

/** Flags that no command has, and what does it instead. */
export const insteadOfFlags: ReadonlyMap<string, string> = new Map([
  ...all("v verbose debug trace vv", "set EVENKEEL_DEBUG=1 to see where an error comes from"),
  ...all("q quiet silent", "send the output elsewhere: > /dev/null; the exit status tells"),
  ...all("no-color no-colour color colour", "set NO_COLOR=1 for text without colors"),
  ...all(
    "apply execute commit",
    "this prints what to do and never does it: copy the commands that it prints",
  ),
  ...all("n namespace project", "a tenant is a field of the VM: metadata: { tenant: acme }"),
]);

/** Flags for what the file of a VM says. */
export const ofVm: ReadonlyMap<string, string> = new Map([
  ...all("tenant", "write it into the VM's file: metadata: { tenant: acme }"),
  ...all(
    "cpus vcpus cpu cores memory mem ram gpus gpu hugepages nics",
    "write it into the VM's file, under spec: (vcpus, memory, accelerators, nics, hugepages)",
  ),
]);

/** Values of --output in other tools, and those of ours that come nearest. */
export const otherOutputs: ReadonlyMap<string, readonly string[]> = new Map([
  ...each("yaml yml jsonl ndjson jsonpath raw name custom-columns machine", ["json"]),
  ...each("table human plain txt pretty ascii tty wide console", ["text"]),
  ...each("xml domain virsh", ["libvirt", "nccl"]),
  ...each("png jpg jpeg pdf picture image", ["svg"]),
  ...each("graphviz gv graph", ["dot"]),
  ...each("htm web page md markdown", ["html"]),
]);

/** Programs whose name may stand before what is theirs, or ours twice. */
export const programs: ReadonlySet<string> = new Set(
  "kubectl virsh docker podman systemctl evenkeel sudo ek".split(" "),
);

/** Words that name what every command is about anyway: `evenkeel list vms`, `evenkeel vm list`. */
export const nouns: ReadonlySet<string> = new Set(
  "vm vms virtualmachine virtualmachines domain domains instance instances guest-vm all".split(" "),
);

function all(words: string, meaning: string): readonly (readonly [string, string])[] {
  return words.split(" ").map((word) => [word, meaning]);
}

function each(
  words: string,
  meanings: readonly string[],
): readonly (readonly [string, readonly string[]])[] {
  return words.split(" ").map((word) => [word, meanings]);
}
