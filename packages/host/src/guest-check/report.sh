#!/bin/sh
# Reports what a Linux guest sees of itself, one fact per line. A host compares it with the guest's
# plan. It needs a POSIX shell and the kernel's files, and changes nothing:
#   sh report.sh > /dev/ttyS0      over a serial console
#   sh report.sh > report.txt      as a file
# In the environment of a job its NCCL_TOPO_FILE counts, and the log that NCCL_DEBUG_FILE names.
# ROOT=/some/folder reads a recorded guest. The last line is "end": what ends earlier was cut short.
LC_ALL=C
export LC_ALL
root=${ROOT:-}
sys=$root/sys

newline='
'

# The first line of a file, or a dash where it cannot be read or is empty. Files are read by cat:
# the shell's own read asks for one byte at a time, and then some lists of CPUs appear empty.
line() {
  value=$(cat "$1" 2> /dev/null)
  value=${value%%"$newline"*}
  [ -n "$value" ] || value=-
  printf '%s' "$value"
}

digest() {
  sum=
  [ -r "$1" ] && command -v sha256sum > /dev/null 2>&1 && sum=$(sha256sum < "$1" 2> /dev/null)
  sum=${sum%% *}
  [ -n "$sum" ] || sum=-
  printf '%s' "$sum"
}

# The control register of a port's ACS, as 4 hexadecimal digits: 0000 for a port without ACS, a dash
# where its configuration space cannot be read, which takes root. Capabilities follow each other
# from byte 256: an identifier of 2 bytes, and the next one's place in the upper 12 bits of the rest.
acs() {
  at=256
  hops=0
  while [ $at -ge 256 ] && [ $hops -lt 64 ]; do
    hops=$((hops + 1))
    # Unquoted, so that each number becomes a word.
    set -- $(od -A n -v -t x2 -j $at -N 8 "$port/config" 2> /dev/null)
    [ $# -eq 4 ] || break
    case $1 in
    000d)
      printf '%s' "$4"
      return
      ;;
    0000 | ffff) break ;;
    esac
    at=$((0x$2 >> 4))
    [ $at -ne 0 ] || break
  done
  # Where root reads nothing at byte 256, the port is one of conventional PCI, which has no ACS.
  if [ $# -eq 0 ] && [ ! -e "$port/max_link_speed" ]; then
    set -- $(od -A n -v -t x2 -j 248 -N 8 "$port/config" 2> /dev/null)
  fi
  if [ $# -eq 4 ] && [ "$1" != ffff ]; then printf 0000; else printf -; fi
}

echo 'evenkeel-guest-report 1'
printf 'kernel %s\n' "$(line "$root/proc/sys/kernel/osrelease")"
clock=$sys/devices/system/clocksource/clocksource0
printf 'clocksource %s\n' "$(line "$clock/current_clocksource")"

# The first processor stands for all.
sed '/^$/q' "$root/proc/cpuinfo" 2> /dev/null | while IFS= read -r text; do
  case $text in
  'model name'*) printf 'cpu model %s\n' "${text#*: }" ;;
  flags* | Features*)
    printf 'cpu flags'
    for flag in ${text#*:}; do
      case $flag in
      avx* | amx* | fma | f16c | sse4* | topoext | hypervisor | sve* | asimd*) printf ' %s' "$flag" ;;
      esac
    done
    echo
    ;;
  esac
done
cpus=$sys/devices/system/cpu
printf 'cpu threads %s\n' "$(line "$cpus/cpu0/topology/thread_siblings_list")"
# Unquoted, so that all numbers come on one line.
echo cpu packages $(cat "$cpus"/cpu[0-9]*/topology/physical_package_id 2> /dev/null)

nodes=$sys/devices/system/node
found=
for node in "$nodes"/node[0-9]*; do
  [ -d "$node" ] || continue
  found=yes
  id=${node##*/node}
  memory=$(cat "$node/meminfo" 2> /dev/null)
  memory=${memory##*MemTotal:}
  memory=${memory%%kB*}
  case $memory in
  *[!0-9\ ]* | '') memory=- ;;
  # Unquoted, so that the blanks around the number are dropped.
  *) memory=$(echo $memory) ;;
  esac
  printf 'node %s memory-kib %s cpus %s distances %s\n' \
    "$id" "$memory" "$(line "$node/cpulist")" "$(line "$node/distance")"
  for pool in "$node"/hugepages/hugepages-*kB; do
    [ -d "$pool" ] || continue
    size=${pool##*/hugepages-}
    printf 'hugepages %s size-kib %s total %s free %s\n' \
      "$id" "${size%kB}" "$(line "$pool/nr_hugepages")" "$(line "$pool/free_hugepages")"
  done
done
[ -n "$found" ] || echo 'unreadable nodes: there is no /sys/devices/system/node'

if [ -d "$sys/bus/pci/devices" ]; then
  echo 'pci'
  for device in "$sys"/bus/pci/devices/*; do
    [ -e "$device/vendor" ] || continue
    case $(line "$device/class") in
    0x0604*)
      port=$device
      below=
      for child in "$port"/*:*:*.[0-7]; do
        [ -d "$child" ] && below=$below,${child##*/}
      done
      below=${below#,}
      printf 'port %s speed %s width %s max-speed %s max-width %s acs %s below %s\n' \
        "${port##*/}" "$(line "$port/current_link_speed" | tr ' ' '_')" \
        "$(line "$port/current_link_width")" "$(line "$port/max_link_speed" | tr ' ' '_')" \
        "$(line "$port/max_link_width")" "$(acs)" "${below:--}"
      continue
      ;;
    0x06*) continue ;;
    esac
    printf 'device %s vendor %s device %s node %s speed %s width %s max-speed %s max-width %s\n' \
      "${device##*/}" "$(line "$device/vendor")" "$(line "$device/device")" \
      "$(line "$device/numa_node")" \
      "$(line "$device/current_link_speed" | tr ' ' '_')" "$(line "$device/current_link_width")" \
      "$(line "$device/max_link_speed" | tr ' ' '_')" "$(line "$device/max_link_width")"
    # The six base addresses: start, end and flags of each.
    bars=$(sed 6q "$device/resource" 2> /dev/null)
    [ -z "$bars" ] || echo bars "${device##*/}" $bars
  done
else
  echo 'unreadable devices: there is no /sys/bus/pci/devices'
fi

contract=$sys/firmware/qemu_fw_cfg/by_name/opt/evenkeel/contract/raw
if [ -r "$contract" ]; then
  printf 'contract %s %s\n' "$(digest "$contract")" "${contract#"$root"}"
fi

# NCCL takes its settings from its environment, then from the user's file, then from the machine's.
setting() {
  eval "value=\${$1:-}"
  from=$1
  for conf in "${NCCL_CONF_FILE:-${HOME:-}/.nccl.conf}" /etc/nccl.conf; do
    [ -z "$value" ] && [ -r "$root$conf" ] || continue
    from=$conf
    [ "$conf" = /etc/nccl.conf ] || from='~/.nccl.conf'
    while IFS= read -r text; do
      case $text in
      "$1"=*) value=${text#*=} ;;
      esac
    done < "$root$conf"
  done
}

setting NCCL_TOPO_FILE
file=$value
force=yes
if [ -z "$file" ] && [ -r "$root/var/run/nvidia-topologyd/virtualTopology.xml" ]; then
  from=nvidia-topologyd
  file=/var/run/nvidia-topologyd/virtualTopology.xml
fi
# Where Evenkeel puts the file, which nothing names.
if [ -z "$file" ] && [ -r "$root/etc/evenkeel/nccl-topology.xml" ]; then
  from=/etc/evenkeel
  file=/etc/evenkeel/nccl-topology.xml
  force=no
fi
if [ -n "$file" ]; then
  [ -r "$root$file" ] || force=no
  printf 'nccl %s %s %s\n' "$(digest "$root$file")" "$from" "$file"
  echo "nccl-force $force"
  grep -E '</?(system|cpu|pci|gpu)[ />]' "$root$file" 2> /dev/null | sed -e 's/^/nccl-text /' -e 8000q
fi

# What NCCL has logged of direct copies, by every process that logs to a file.
setting NCCL_DEBUG_FILE
if [ -n "$value" ]; then
  pattern=$(printf '%s' "$value" | sed -e 's/%[hp]/*/g' -e 's/[^A-Za-z0-9_./*-]/?/g')
  cat "$root"$pattern 2> /dev/null |
    sed -n -e '/GPU Direct RDMA/s/^/nccl-log /p' -e '/via NET.IB/s/^/nccl-log /p' \
      -e '/Using network/s/^/nccl-log /p' | sed 1000q
fi

# What NVIDIA's tool says of the accelerators: neither serial numbers nor processes.
smi() {
  if command -v timeout > /dev/null 2>&1; then
    timeout 20 nvidia-smi "$@" 2> /dev/null
  else
    nvidia-smi "$@" 2> /dev/null
  fi
}
if [ -z "$root" ] && command -v nvidia-smi > /dev/null 2>&1; then
  smi -q -x | sed -e '/<supported_clocks>/,/<.supported_clocks>/d' -e '/<processes>/,/<.processes>/d' \
    -e '/serial/d' -e '/uuid/d' -e 's/^/smi-query /'
  smi nvlink -s | sed -e '/UUID/s/(UUID.*//' -e 's/^/smi-nvlink /'
  smi topo -p2p r | sed 's/^/smi-peers /'
fi
echo 'end'
