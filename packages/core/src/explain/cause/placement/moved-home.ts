import { advice, type Remedy } from "../../../remedy/remedy.ts";
import { indexSet } from "../../../set/index-set.ts";
import { formatList } from "../../../set/list-format.ts";
import type { Astray } from "../../subject/astray.ts";
import { listed } from "../../subject/home.ts";
import type { Subject } from "../../subject/subject.ts";

/**
 * What brings memory home. VFIO pins all memory of a VM, and pinned pages never move: only a start
 * with its memory bound helps. Elsewhere the kernel moves what it can while the process runs; there
 * is no way back to where each page was.
 */
export function movedHome({ evidence }: Subject, { home, elsewhere }: Astray): Remedy {
  const nodes = [...home.nodes];
  const { of, devices } = evidence;
  const own = evidence.process;
  const start =
    of === "vm"
      ? "Stop the VM and start it again from a plan, or with its memory bound to"
      : "Start it again with its memory bound to";
  const hasVfio = devices.length > 0 || own?.vfioFiles?.length !== 0;
  const isSimple = home.cells.length === 0;
  if (own === null || !isSimple || (of === "vm" && hasVfio)) {
    const each = isSimple ? "" : ", each guest node's on its own";
    return advice("restart", `${start} ${listed(nodes)}${each}.`);
  }
  const from = formatList(indexSet(elsewhere.keys()));
  const to = formatList(indexSet(nodes));
  return {
    text: `Move its pages to ${listed(nodes)}, and bind its memory when it starts again.`,
    argv: [["migratepages", `${own.pid}`, from, to]],
    when: "live",
    undo: null,
  };
}
