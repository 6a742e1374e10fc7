import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";
import { passedDevices, judgeReport } from "../../subject/guest-view.ts";
import { withoutLog } from "../../subject/nccl-log.ts";

/**
 * NCCL found no RDMA device and uses sockets, though there is a NIC for RDMA: libibverbs or the
 * device files are missing in the container, a setting turns it off, or the devices are not given.
 * It works, and everything between machines takes several times as long
 * (github.com/areal-project/AReaL/issues/639: 370 in place of 50 ms;
 * github.com/facebookresearch/detectron2/issues/4730).
 */
export const ncclOverSockets: Cause = {
  code: "nccl-over-sockets",
  layer: "guest",
  looksFor: "NCCL talks to other machines by sockets, though there is a NIC for RDMA",
  observable: "guest.ncclNetwork",
  readFrom: "NCCL's log (NCCL_DEBUG=INFO with NCCL_DEBUG_FILE)",
  acquittedBy: "the log says that NCCL uses IB or a plugin, or there is no NIC for RDMA",
  followsFrom: [],
  judge: (subject, twin) =>
    judgeReport(subject, ({ ncclNetwork, where }, view) => {
      if (ncclNetwork === null) return withoutLog(subject);
      if (ncclNetwork !== "Socket") return acquitted(`NCCL uses ${ncclNetwork}`);
      const other = twin?.evidence.guest?.ncclNetwork ?? null;
      const isBeside = other !== null && other !== "Socket";
      const nics = passedDevices(subject, view)?.filter(({ kind }) => kind === "nic") ?? null;
      if (!isBeside && nics === null) {
        return untold("NCCL uses sockets; whether the guest has a NIC for RDMA was not read");
      }
      if (!isBeside && nics?.length === 0) {
        return acquitted("NCCL uses sockets, and there is no NIC for RDMA");
      }
      return accused({
        about: "NCCL",
        expected: isBeside ? `the network ${other}, as the other uses` : "the network IB",
        found: "NCCL uses sockets, so that the CPU copies all that goes to other machines",
        evidence: [`NCCL's log, by ${where}: Using network ${ncclNetwork}`],
        seen: "directly",
        cost: unknownCost,
        remedy: advice(
          "restart",
          "Give the job /dev/infiniband and libibverbs, leave NCCL_IB_DISABLE and NCCL_NET unset, " +
            "and see what the log says of NET/IB.",
        ),
      });
    }),
};
