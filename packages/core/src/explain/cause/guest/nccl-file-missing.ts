import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";
import { pairsOnSwitch, showsSwitches } from "../../subject/guest-peers.ts";
import { hostUnseen, judgeReport } from "../../subject/guest-view.ts";

/**
 * A guest whose PCI tree hides the host's switches, without a file that tells NCCL of them. NCCL
 * then takes a NIC on the GPU's own switch to be as far as any other, and copies through the CPU's
 * memory. NVIDIA names two ways: show the switches, or give a file in NCCL_TOPO_FILE
 * (https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/env.html#nccl-topo-file). A cloud that
 * lacked it took 7 hours instead of 4.5 (https://github.com/NVIDIA/nccl/issues/1298).
 */
export const ncclFileMissing: Cause = {
  code: "nccl-file-missing",
  layer: "guest",
  looksFor:
    "NCCL has no file that tells which GPUs and NICs share a switch, and the guest hides it",
  observable: "guest.nccl",
  readFrom: "NCCL_TOPO_FILE, /etc/nccl.conf and NCCL's default path in the guest",
  acquittedBy: "a topology file, switches in the guest, or devices that share no switch",
  followsFrom: [],
  judge: (subject) =>
    judgeReport(subject, (report, view) => {
      const { nccl } = report;
      if (nccl !== null) return acquitted(`${nccl.file}, by ${nccl.from}`);
      if (view.isInside) return hostUnseen;
      const pairs = pairsOnSwitch(subject);
      if (pairs === null) return untold("the machine around the VM was not read");
      const [first] = pairs;
      if (first === undefined) return acquitted("no two of its devices share a switch on the host");
      const isShown = showsSwitches(subject, view, pairs);
      if (isShown === null) return untold("the guest's PCI tree was not read");
      if (isShown) return acquitted("the guest is shown switches");
      return accused({
        about: "NCCL",
        expected: `a file that says that ${first.join(" and ")} share a switch`,
        found: "no file, and each device behind a port of its own",
        evidence: [report.where],
        seen: "inferred",
        cost: unknownCost,
        remedy: advice(
          "live",
          "Give NCCL a topology file: evenkeel render PLAN --as nccl, and NCCL_TOPO_FILE=FILE in /etc/nccl.conf of the guest.",
        ),
      });
    }),
};
