#!/bin/sh
# Reports what a Linux guest sees of itself, one fact per line. A host compares it with the guest's
# plan. It needs a POSIX shell and the kernel's files, and changes nothing:
#   sh report.sh > /dev/ttyS0      over a serial console
#   sh report.sh > report.txt      as a file
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

echo 'evenkeel-guest-report 1'
printf 'kernel %s\n' "$(line "$root/proc/sys/kernel/osrelease")"

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
    0x06*) continue ;;
    esac
    printf 'device %s vendor %s device %s node %s speed %s width %s max-speed %s max-width %s\n' \
      "${device##*/}" "$(line "$device/vendor")" "$(line "$device/device")" \
      "$(line "$device/numa_node")" \
      "$(line "$device/current_link_speed" | tr ' ' '_')" "$(line "$device/current_link_width")" \
      "$(line "$device/max_link_speed" | tr ' ' '_')" "$(line "$device/max_link_width")"
  done
else
  echo 'unreadable devices: there is no /sys/bus/pci/devices'
fi

contract=$sys/firmware/qemu_fw_cfg/by_name/opt/evenkeel/contract/raw
if [ -r "$contract" ]; then
  printf 'contract %s %s\n' "$(digest "$contract")" "${contract#"$root"}"
fi

# NCCL takes NCCL_TOPO_FILE from its environment, then from /etc/nccl.conf, then a default path.
file=${NCCL_TOPO_FILE:-}
from=NCCL_TOPO_FILE
if [ -z "$file" ] && [ -r "$root/etc/nccl.conf" ]; then
  from=/etc/nccl.conf
  while IFS= read -r text; do
    case $text in
    NCCL_TOPO_FILE=*) file=${text#NCCL_TOPO_FILE=} ;;
    esac
  done < "$root/etc/nccl.conf"
fi
if [ -z "$file" ] && [ -r "$root/var/run/nvidia-topologyd/virtualTopology.xml" ]; then
  from=nvidia-topologyd
  file=/var/run/nvidia-topologyd/virtualTopology.xml
fi
if [ -n "$file" ]; then
  printf 'nccl %s %s %s\n' "$(digest "$root$file")" "$from" "$file"
fi
echo 'end'
