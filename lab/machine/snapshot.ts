import type { Host } from "./host.ts";

/**
 * Everything that starting a VM may change on a host: the devices' drivers, the free huge pages of
 * each node, the running emulators, libvirt's domains, and the files of a state folder.
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

/** The state as a text, so that a difference shows as lines. */
export const snapshot = (host: Host, state: string = defaultState): Promise<string> =>
  host.ok("/bin/sh", ["-c", script, "snapshot", state]);
