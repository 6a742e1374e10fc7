import type { GuestGpuDirect } from "../../evidence/guest-report.ts";
import { irrelevant, type Judgement, untold } from "./cause.ts";
import { guestViewOf } from "./guest-view.ts";
import type { Subject } from "./subject.ts";
import { devicesOf } from "./yardstick.ts";

/** What causes that rest on NCCL's log say without one. */
export function withoutLog({ evidence, topology }: Subject): Judgement {
  if (guestViewOf(evidence) === null) return irrelevant;
  const given = topology === null ? null : devicesOf(evidence, topology);
  const isInVain = given !== null && (given.accelerators.length === 0 || given.nics.length === 0);
  return isInVain && evidence.of === "vm"
    ? irrelevant
    : untold(
        "there is no log of NCCL: run with NCCL_DEBUG=INFO and NCCL_DEBUG_FILE=FILE, then report",
      );
}

/** Whether it is of a NIC alone, whatever GPU: `GPU Direct RDMA Disabled for HCA 0 'mlx5_0'`. */
export function isOfDriver({ enabled, why }: GuestGpuDirect): boolean {
  return !enabled && /\bfor HCA\b/.test(why);
}
