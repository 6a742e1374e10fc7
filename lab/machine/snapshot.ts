import type { Host } from "./host.ts";

/**
 * All that starting a VM may change of a host: which drivers its devices have, the huge pages that are
 * free on each node, who runs, what libvirt knows, and what is written down in a state folder.
 */
const script = `
for device in /sys/bus/pci/devices/*; do
  driver=$(readlink "$device/driver")
  echo "\${device##*/} driver \${driver##*/} override $(cat "$device/driver_override")"
done
for pool in /sys/devices/system/node/node*/hugepages/*; do
  echo "$pool $(cat "$pool/free_hugepages") of $(cat "$pool/nr_hugepages") free"
done
echo "emulators $(pgrep -c qemu-system)"
virsh list --all --name
find "$1" -type f -exec sha256sum {} + | sort -k 2
find "$1" -type d | sort
`;

export const defaultState = "/var/lib/evenkeel";

/** A text, so that a difference between two shows as lines. */
export const snapshot = (host: Host, state: string = defaultState): Promise<string> =>
  host.ok("/bin/sh", ["-c", script, "snapshot", state]);
