import { shellWord } from "@evenkeel/core/text/shell.ts";
import { tools } from "../machine/tools.ts";
import { databasePaths } from "../pci-ids/installed-names.ts";

/**
 * The script that a far machine runs to tell what it is: the files that `readSysfs` and
 * `evenkeel snapshot` read, and the outputs of the tools in `tools`. `sh` reads it from standard
 * input, so nothing is installed there; it writes to standard output alone, and reads nothing but
 * what it lists. It needs a POSIX shell; without `od` it leaves out files that are not text, and
 * without `awk` the names of PCI devices.
 *
 * Files of a line or two are read by the shell itself, because a process for each of
 * some ten thousand files would take a minute. Of the routes, the mounts and the processors only
 * the lines that are used leave the machine.
 *
 * The answer is lines (`answer.ts` reads them):
 *
 * - `F PATH`: a file with text. A blank and a line follow for each of its lines; a `-` in place of
 *   the blank where the last one has no end.
 * - `B PATH`: a file with bytes. A blank and hexadecimal bytes follow.
 * - `L PATH`: a link. A blank and the path that it leads to follow, absolute and without links.
 * - `D PATH`: a directory, which may be empty.
 * - `N TEXT`: a note about the reading.
 * - The first line is `start NONCE`, the last is `end NONCE`: what a login prints before is no part
 *   of the answer, and one that was cut short has no last line.
 *
 * The shell parses all of it before it begins, so a script that was cut short does nothing. Its
 * first argument, where there is one, is the root to read below, for tests.
 */
export function machineScript(nonce: string): string {
  const toolCalls = tools.map(({ file, program, args }) =>
    ["tool", `/evenkeel/${file}`, program, ...args].map(shellWord).join(" "),
  );
  return [
    `nonce=${shellWord(nonce)}`,
    `databases=${shellWord(databasePaths.join(" "))}`,
    functions.replaceAll("@{", "${"),
    `tools() {\n${toolCalls.join("\n")}\n}`,
    'main "$@" </dev/null',
    "",
  ].join("\n");
}

/** Expansions are written `@{…}`, because `${…}` is this language's own. */
const functions = String.raw`
LC_ALL=C
export LC_ALL
root=
tab=$(printf '\t')
newline='
'
ids=' '

# The lines of standard input, marked as content.
lines() {
  while IFS= read -r line; do printf ' %s\n' "$line"; done
  if [ -n "$line" ]; then printf -- '-%s\n' "$line"; fi
}

# Text files. One that may not be read is there, and empty.
text() {
  for file do
    [ -f "$root$file" ] || continue
    printf 'F %s\n' "$file"
    line=
    if [ -r "$root$file" ]; then lines <"$root$file"; fi
  done
}

# A file with bytes.
bytes() {
  [ -r "$root$1" ] && [ -n "$has_od" ] || return 0
  printf 'B %s\n' "$1"
  od -An -v -tx1 "$root$1"
}

folder() {
  for file do
    if [ -d "$root$file" ]; then printf 'D %s\n' "$file"; fi
  done
}

# A link to a directory; $at is where it leads to, or the path itself where it is no link.
link() {
  at=$1
  [ -d "$root$1" ] || return 1
  [ -L "$root$1" ] || return 0
  CDPATH= cd -P "$root$1" || return 1
  at=@{PWD#"$root"}
  printf 'L %s\n %s\n' "$1" "$at"
}

# Calls a function with each entry of a directory. Names with blanks or line ends are not the
# kernel's.
each() {
  for entry in "$root$1"/$2; do
    case $entry in *' '* | *"$tab"* | *"$newline"*) continue ;; esac
    if [ -e "$entry" ] || [ -L "$entry" ]; then "$3" "@{entry#"$root"}"; fi
  done
}

# What a file has in its first line.
first() {
  value=
  if [ -r "$root$1" ]; then IFS= read -r value <"$root$1"; fi
}

cpu() {
  folder "$1" "$1/topology"
  text "$1/online" "$1/cpu_capacity" "$1/acpi_cppc/highest_perf" "$1/cpufreq/base_frequency" \
    "$1/cpufreq/cpuinfo_max_freq" "$1/regs/identification/midr_el1"
  for name in physical_package_id die_id cluster_id core_id book_id drawer_id \
    core_cpus_list core_cpus thread_siblings_list thread_siblings \
    cluster_cpus_list cluster_cpus package_cpus_list package_cpus core_siblings_list core_siblings
  do text "$1/topology/$name"; done
  for index in 0 1 2 3 4; do
    cache=$1/cache/index$index
    text "$cache/level" "$cache/type"
    first "$cache/level"
    [ "$value" = 3 ] || continue
    for name in id shared_cpu_list shared_cpu_map size ways_of_associativity
    do text "$cache/$name"; done
  done
  for node in "$root$1"/node[0-9]*; do link "@{node#"$root"}"; done
}

cpu_type() { text "$1/cpulist" "$1/cpumap"; }
pmu() { text "$1/cpus"; }
pool() { text "$1/nr_hugepages" "$1/free_hugepages"; }
side_cache() { text "$1/size"; }

node() {
  text "$1/cpulist" "$1/cpumap" "$1/distance" "$1/meminfo"
  folder "$1/hugepages"
  for pool in "$root$1"/hugepages/*; do pool "@{pool#"$root"}"; done
  for cache in "$root$1"/memory_side_cache/index*; do side_cache "@{cache#"$root"}"; done
  for class in access0 access1; do
    text "$1/$class/initiators/read_latency" "$1/$class/initiators/read_bandwidth"
    for node in "$root$1/$class/initiators"/node[0-9]*; do link "@{node#"$root"}"; done
  done
}

pci() {
  function=$1
  link "$function" || return 0
  own=$at
  for name in class vendor device numa_node resource irq boot_vga mem_info_vram_total \
    current_link_speed current_link_width max_link_speed max_link_width \
    nvidia/current_vgpu_type nvidia/creatable_vgpu_types
  do text "$own/$name"; done
  bytes "$own/config"
  for name in driver iommu_group physfn; do link "$own/$name"; done
  for irq in "$root$own"/msi_irqs/*; do text "@{irq#"$root"}"; done
  first "$own/vendor"; vendor=@{value#0x}
  first "$own/device"
  ids="$ids$vendor:@{value#0x} "
}

virtual_function() {
  link "$1" || return 0
  own=$at
  link "$own/mdev_type" && text "$at/name" "$at/description"
}

# A device of a class, by its link; the directory that the link leads to.
device() { link "$1" && folder "$at"; }

interface() {
  device "$1" || return 0
  own=$at
  for lower in "$root$own"/lower_*; do link "@{lower#"$root"}"; done
}

disk() {
  device "$1" || return 0
  own=$at
  text "$own/partition" "$own/dm/name"
  for lower in "$root$own"/slaves/*; do link "@{lower#"$root"}"; done
  case $own in
    */nvme-subsystem/*)
      for lower in "$root@{own%/*}"/nvme[0-9]*; do link "@{lower#"$root"}"; done ;;
  esac
}

dax() {
  link "$1" && text "$at/target_node"
  link "/sys/bus/dax/drivers/kmem/@{1##*/}"
}

# A region of CXL memory, and the nodes of the memory block that it begins in.
region() {
  link "$1" || return 0
  own=$at
  text "$own/resource" "$own/size" "$own/mode"
  first "$own/resource"; start=$value
  first /sys/devices/system/memory/block_size_bytes
  case "$start/$value" in
    0x*[!0-9a-f]*/* | */ | */*[!0-9a-f]*) return 0 ;;
    0x*) ;;
    *) return 0 ;;
  esac
  [ "$((0x$value))" -gt 0 ] || return 0
  block=/sys/devices/system/memory/memory$(($start / 0x$value))
  for node in "$root$block"/node[0-9]*; do link "@{node#"$root"}"; done
}

interrupt() { text "$1/effective_affinity_list" "$1/smp_affinity_list"; }
gpu() { text "$1/information" "$1/numa_status"; }

# The first processor; all of them where nothing else tells.
processors() {
  [ -r "$root/proc/cpuinfo" ] || return 0
  printf 'F /proc/cpuinfo\n'
  while IFS= read -r line; do
    printf ' %s\n' "$line"
    if [ -z "$line" ] && [ -d "$root/sys/devices/system/cpu" ]; then break; fi
  done <"$root/proc/cpuinfo"
}

# The lines of a file that a pattern of the shell names.
some_lines() {
  [ -r "$root$1" ] || return 0
  printf 'F %s\n' "$1"
  while IFS= read -r line; do
    case $line in $2 | $3 | $4) printf ' %s\n' "$line" ;; esac
  done <"$root$1"
}

mounts() {
  some_lines /proc/self/mountinfo '* * * * / *' '* * * * /boot *' '* * * * /boot/efi *'
  [ -r "$root/proc/self/mountinfo" ] || some_lines /proc/mounts '* / *' '* /boot *' '* /boot/efi *'
  [ -r "$root/proc/self/mountinfo" ] || return 0
  while read -r mount parent number within point others; do
    case $point in /|/boot|/boot/efi) link "/sys/dev/block/$number" ;; esac
  done <"$root/proc/self/mountinfo"
}

# The names of this machine's PCI devices, of all that the database has.
names() {
  for file in $databases; do
    [ -r "$root$file" ] || continue
    if ! command -v awk >/dev/null; then printf 'N no awk: models of devices are not named\n'; return 0; fi
    printf 'F %s\n' "$file"
    awk -v ids="$ids" '
      /^[0-9a-f][0-9a-f][0-9a-f][0-9a-f]  / { vendor = $1; head = $0; next }
      /^[^\t#]/ { vendor = ""; next }
      /^\t[0-9a-f]/ && index(ids, " " vendor ":" $1 " ") {
        if (head != "") print " " head
        head = ""
        print " " $0
      }' "$root$file"
    return 0
  done
}

tool() {
  output=$1
  shift
  command -v "$1" >/dev/null || return 0
  limit=
  if command -v timeout >/dev/null; then limit='timeout 15'; fi
  if said=$($limit "$@"); then
    printf 'F %s\n' "$output"
    printf '%s\n' "$said" | lines
  else
    printf 'N %s: exit status %s\n' "$*" "$?"
  fi
}

main() {
  exec 2>/dev/null
  printf 'start %s\n' "$nonce"
  if [ -n "$1" ]; then root=$(CDPATH= cd -P "$1" && pwd -P) || return 1; fi
  has_od=
  if command -v od >/dev/null; then has_od=yes; fi
  [ -n "$has_od" ] || printf 'N no od: configuration spaces of PCI devices are not read\n'
  folder /sys/devices/system/cpu /sys/class/infiniband /sys/kernel/mm/hugepages
  text /proc/sys/kernel/hostname /proc/sys/kernel/random/boot_id /proc/meminfo \
    /proc/device-tree/model /proc/hwloc-nofile-info
  for name in sys_vendor product_name; do
    text "/sys/class/dmi/id/$name" "/sys/devices/virtual/dmi/id/$name"
  done
  processors
  bytes /proc/self/auxv
  for name in online present isolated nohz_full; do text "/sys/devices/system/cpu/$name"; done
  each /sys/devices/system/cpu 'cpu[0-9]*' cpu
  each /sys/devices/system/cpu/types '*' cpu_type
  each /sys/devices 'cpu_*' pmu
  text /sys/devices/system/node/online /sys/devices/system/node/possible
  each /sys/devices/system/node 'node[0-9]*' node
  each /sys/kernel/mm/hugepages '*' pool
  text /sys/devices/system/memory/block_size_bytes
  each /sys/bus/dax/devices '*' dax
  each /sys/bus/cxl/devices 'region*' region
  for resource in L3 L3CODE MB; do
    for name in num_closids cbm_mask min_cbm_bits shareable_bits
    do text "/sys/fs/resctrl/info/$resource/$name"; done
  done
  text /sys/fs/cgroup/cgroup.controllers /sys/fs/cgroup/cpuset.cpus.effective
  each /sys/bus/pci/devices '*' pci
  each /sys/bus/mdev/devices '*' virtual_function
  each /sys/class/net '*' interface
  each /sys/class/infiniband '*' device
  each /sys/class/block '*' disk
  each /proc/driver/nvidia/gpus '*' gpu
  each /proc/irq '[0-9]*' interrupt
  some_lines /proc/net/route '*'"@{tab}00000000$tab"'*' '' ''
  some_lines /proc/net/ipv6_route '00000000000000000000000000000000 00 *' '' ''
  mounts
  names
  if [ -z "$root" ]; then tools; fi
  printf 'end %s\n' "$nonce"
}`;
