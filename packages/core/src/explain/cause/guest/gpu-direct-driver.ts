import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause } from "../../subject/cause.ts";
import { isOfDriver, withoutLog } from "../../subject/nccl-log.ts";

/**
 * A NIC whose driver cannot reach the memory of GPUs: the module nvidia_peermem is not loaded, and
 * the kernel or the driver has no DMA-BUF. All traffic then goes through the CPU's memory, wherever
 * the NIC is (https://github.com/NVIDIA/nccl/issues/1537).
 */
export const gpuDirectDriver: Cause = {
  code: "gpu-direct-driver",
  layer: "guest",
  looksFor: "the NIC's driver cannot copy from and to the memory of GPUs",
  observable: "guest.gpuDirect",
  readFrom: "NCCL's log (NCCL_DEBUG=INFO with NCCL_DEBUG_FILE)",
  acquittedBy: "the log does not say of a NIC that GPU Direct RDMA is disabled for it altogether",
  followsFrom: [],
  judge: (subject) => {
    const gpuDirect = subject.evidence.guest?.gpuDirect ?? null;
    if (gpuDirect === null) return withoutLog(subject);
    if (!isOfDriver(gpuDirect)) return acquitted(gpuDirect.why);
    return accused({
      about: "NCCL",
      expected: "GPU Direct RDMA enabled for the NICs",
      found: "disabled: the NIC's driver cannot reach GPU memory",
      evidence: [gpuDirect.why],
      seen: "directly",
      cost: unknownCost,
      remedy: advice("live", "Load nvidia_peermem where NCCL runs, or use a kernel with DMA-BUF."),
    });
  },
};
