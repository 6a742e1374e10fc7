import { isHugepage } from "../../plan/plan.ts";
import { formatBytes } from "../../unit/bytes.ts";
import { cellMemory, whyUnseen } from "./cell-memory.ts";
import {
  type Check,
  found,
  holds,
  together,
  unknownCost,
  untold,
  whyNot,
} from "../verdict/check.ts";

/**
 * The pages that each cell's memory is made of, as numa_maps states them (`kernelpagesize_kB`).
 *
 * Smaller ones than planned are an error: the walk of two page tables that a guest pays on every
 * miss is one level deeper or two. Huge ones where base pages were planned take from a pool that
 * somebody else was promised, and are a warning. Transparent huge pages are base pages here: the
 * kernel may split them at any time.
 */
export const pageSize: Check = ({ plan, evidence }) => {
  const cells = cellMemory(plan, evidence);
  return together(
    plan.cells.map((cell, i) => {
      const subject = `cell ${cell.id}`;
      const what = `page size of ${subject}`;
      const of = cells?.[i];
      if (of === undefined) return untold(what, whyNot(evidence, "memory"));
      const unseen = whyUnseen(of);
      if (unseen !== null) return untold(what, unseen);
      const sized = of.mappings.flatMap(({ pageBytes, ...mapping }) =>
        pageBytes === null ? [] : [{ ...mapping, pageBytes }],
      );
      if (sized.length < of.mappings.length) {
        return untold(what, "numa_maps does not state it");
      }
      const promised = formatBytes(cell.pageBytes);
      const other = sized.filter(({ pageBytes }) =>
        isHugepage(cell.pageBytes) ? pageBytes !== cell.pageBytes : isHugepage(pageBytes),
      );
      if (other.length === 0) return holds(what, `${promised} pages`);
      const smaller = other.some(({ pageBytes }) => pageBytes < cell.pageBytes);
      const bySize = Map.groupBy(other, ({ pageBytes }) => pageBytes);
      const parts = Array.from(bySize, ([size, mappings]) => {
        const bytes = mappings.reduce((sum, mapping) => sum + mapping.bytes, 0);
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
        remedy: isHugepage(cell.pageBytes)
          ? `echo ${Math.ceil(of.promisedBytes / cell.pageBytes)} > /sys/devices/system/node/node${cell.hostNode}/hugepages/hugepages-${cell.pageBytes / 1024}kB/nr_hugepages, then stop the VM and start it again from its plan`
          : "stop the VM and start it again from its plan",
      });
    }),
  );
};
