import type { Request } from "@evenkeel/core/request/request.ts";
import { amountOf } from "@evenkeel/core/text/amount.ts";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";

/** What a VM asks for, in words: `2 GPUs, 2 NICs, 52 vCPUs, 384 GiB in 1 GiB pages`. */
export function flavorText(request: Request): string {
  const { accelerators, nics, vcpus, memoryBytes, hugepageBytes } = request;
  const pages = hugepageBytes === null ? "" : ` in ${formatBytes(hugepageBytes)} pages`;
  return [
    ...(accelerators.count > 0 ? [amountOf(accelerators.count, "GPU")] : []),
    ...(nics.count > 0 ? [amountOf(nics.count, "NIC")] : []),
    amountOf(vcpus, "vCPU"),
    `${formatBytes(memoryBytes)}${pages}`,
  ].join(", ");
}
