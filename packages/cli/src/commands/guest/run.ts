import { readDocument } from "@evenkeel/contract/read-document.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { GuestContract } from "@evenkeel/core/guest/contract/contract.ts";
import { checkGuest } from "@evenkeel/core/verify/check-guest.ts";
import { contractFile } from "@evenkeel/host/guest-check/contract-file.ts";
import { readGuest } from "@evenkeel/host/guest-check/read-guest.ts";
import { askAccelerators } from "@evenkeel/host/machine/ask-accelerators.ts";
import { directoryTree, liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import type { Tree } from "@evenkeel/host/tree/tree.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import { readText } from "../../input/read-text.ts";
import { jsonText } from "../../text/json-text.ts";
import { verdictText } from "../../text/verdict-text.ts";
import type { Surroundings } from "../../command/surroundings.ts";
import type { GuestFlags, GuestTask } from "./flags.ts";
import { reportScript } from "./report-script.ts";

export async function runGuest(
  this: CliContext,
  flags: GuestFlags,
  task: GuestTask,
): Promise<void> {
  const { surroundings, columns: width, paint } = this;
  if (task === "script") {
    surroundings.stdout.write(reportScript());
    return;
  }
  const tree = flags.root === undefined ? liveTree() : directoryTree(flags.root);
  // What a tool does not answer is unknown in the report.
  const accelerators = tree.live ? await askAccelerators(() => {}) : null;
  const report = readGuest(tree, surroundings.env, accelerators);
  if (task === "report") {
    surroundings.stdout.write(jsonText(report));
    return;
  }
  const contract = await readContract(flags.contract, tree, surroundings);
  const verdict = checkGuest(contract, report, surroundings.clock.now().toISOString());
  const text = flags.output === "json" ? jsonText(verdict) : verdictText(verdict, { width, paint });
  surroundings.stdout.write(text);
  if (!verdict.holds) this.finish(exitStatus.no);
}

async function readContract(
  path: string | undefined,
  tree: Tree,
  surroundings: Surroundings,
): Promise<GuestContract> {
  if (path !== undefined) {
    const { text, where } = await readText(path, "a GuestContract document", surroundings);
    return readDocument(text, where, "GuestContract");
  }
  const text = tree.readText(contractFile);
  if (text !== null) return readDocument(text, contractFile, "GuestContract");
  throw new EvenkeelError("file-missing", "this machine has no contract", {
    where: contractFile,
    expected: "the contract that QEMU passes to a VM of Evenkeel",
    remedy: "run modprobe qemu_fw_cfg as root, or name a file with the contract: --contract FILE",
  });
}
