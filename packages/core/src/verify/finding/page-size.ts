import { isHugepage } from "../../plan/plan.ts";
import { advice, restartFromPlan } from "../../remedy/remedy.ts";
import { formatBytes } from "../../unit/bytes.ts";
import { cellMemory, whyUnseen } from "./cell-memory.ts";
import {
  type Check,
  found,
  holds,
  together,
  unknownCost,
  essentialUnverified,
  whyNot,
} from "../verdict/check.ts";
import { sumOf } from "../../unit/sum.ts";

/**
 * The size of the pages of each cell's memory, as numa_maps states it (`kernelpagesize_kB`).
 *
 * Smaller pages than planned are an error: a guest walks two page tables on every TLB miss, and
 * each is one or two levels deeper. Huge pages where base pages were planned are a warning: they
 * come from a pool that others were promised. Transparent huge pages count as base pages, since the
 * kernel may split them at any time.
 */
export const pageSize: Check = ({ plan, evidence }) => {
  const cells = cellMemory(plan, evidence);
  return together(
    plan.cells.map((cell, i) => {
      const subject = `cell ${cell.id}`;
      const what = `page size of ${subject}`;
      const of = cells?.[i];
      if (of === undefined) return essentialUnverified(what, whyNot(evidence, "memory"));
      const unseen = whyUnseen(of);
      if (unseen !== null) return essentialUnverified(what, unseen);
      const sized = of.mappings.flatMap(({ pageBytes, ...mapping }) =>
        pageBytes === null ? [] : [{ ...mapping, pageBytes }],
      );
      if (sized.length < of.mappings.length) {
        return essentialUnverified(what, "numa_maps does not state it");
      }
      const promised = formatBytes(cell.pageBytes);
      const other = sized.filter(({ pageBytes }) =>
        isHugepage(cell.pageBytes) ? pageBytes !== cell.pageBytes : isHugepage(pageBytes),
      );
      if (other.length === 0) return holds(what, `${promised} pages`);
      const smaller = other.some(({ pageBytes }) => pageBytes < cell.pageBytes);
      const bySize = Map.groupBy(other, ({ pageBytes }) => pageBytes);
      const parts = Array.from(bySize, ([size, mappings]) => {
        const bytes = sumOf(mappings, (mapping) => mapping.bytes);
        return `${formatBytes(bytes)} (${bytes} bytes) in ${formatBytes(size)} pages`;
      });
      return found({
        code: "page-size",
        severity: smaller ? "error" : "warning",
        layer: "hypervisor",
        subject,
        promised: `${formatBytes(of.promisedBytes)} in ${promised} pages`,
        found: parts.join(", "),
        evidence: other.slice(0, 8).map(({ where, line }) => `${where}: ${line}`),
        cost: unknownCost,
        // How many pages the pool has is not in the evidence, so no command can name its new size.
        remedy: isHugepage(cell.pageBytes)
          ? advice(
              "restart",
              `Free ${Math.ceil(of.promisedBytes / cell.pageBytes)} huge pages of ${promised} on node ${cell.hostNode}, then stop the VM and start it again from its plan.`,
            )
          : restartFromPlan,
      });
    }),
  );
};
