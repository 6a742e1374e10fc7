import type { Bottleneck } from "./contention.ts";

/** A bottleneck with its figures: `memory of node 0: 168.8 of 113.0 GB/s asked for, 4 VMs`. */
export function bottleneckText({
  resource,
  askedBytesPerSecond,
  capacityBytesPerSecond,
  vms,
}: Bottleneck): string {
  const [asked, has] = [askedBytesPerSecond, capacityBytesPerSecond].map((one) =>
    (one / 1e9).toFixed(1),
  );
  return `${resource}: ${asked} of ${has} GB/s asked for, ${vms === 1 ? "1 VM" : `${vms} VMs`}`;
}
