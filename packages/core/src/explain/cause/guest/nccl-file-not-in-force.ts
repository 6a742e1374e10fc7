import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { judgeReport } from "../../subject/guest-view.ts";

/**
 * A topology file that was made for NCCL and that NCCL does not read: the name in NCCL_TOPO_FILE is
 * that of no file, which NCCL says in its log alone ("Could not open XML topology file"), or the
 * file lies there and nothing names it. NCCL then goes by the guest's PCI tree without a word.
 */
export const ncclFileNotInForce: Cause = {
  code: "nccl-file-not-in-force",
  layer: "guest",
  looksFor: "there is a topology file for NCCL, or the name of one, and NCCL does not take it",
  observable: "guest.nccl.inForce",
  readFrom: "NCCL_TOPO_FILE, /etc/nccl.conf and the file itself in the guest; NCCL's log",
  acquittedBy: "a file that exists and is named, or none at all",
  followsFrom: [],
  judge: (subject) =>
    judgeReport(subject, (report) => {
      const { nccl } = report;
      if (nccl === null) return irrelevant;
      if (nccl.inForce === null) return untold(`whether ${nccl.file} exists was not read`);
      if (nccl.inForce) return acquitted(`${nccl.file}, by ${nccl.from}`);
      const isThere = nccl.sha256 !== null;
      return accused({
        about: "NCCL",
        expected: `${nccl.file} in force`,
        found: isThere
          ? "the file is there, and neither NCCL_TOPO_FILE nor /etc/nccl.conf names it"
          : `${nccl.from} names it, and NCCL cannot open it`,
        evidence: [`${nccl.from}: ${nccl.file}`],
        seen: "directly",
        cost: unknownCost,
        remedy: advice(
          "live",
          isThere
            ? `Write NCCL_TOPO_FILE=${nccl.file} to /etc/nccl.conf of the guest, or to the environment of the job.`
            : `Put the file at ${nccl.file} (evenkeel render PLAN --as nccl), or correct the name in ${nccl.from}.`,
        ),
      });
    }),
};
