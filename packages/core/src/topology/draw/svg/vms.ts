import { line, span } from "../line.ts";
import type { TenancyView } from "../tenancy.ts";
import { type TenantEntry, tenantEntries } from "../tenancy-text.ts";
import { balancedColumns } from "../columns.ts";
import { type Block, column, grid, paragraph, row, textBlock } from "./block.ts";
import { signBlock, signHeight, signWidth } from "./sign.ts";

/** More VMs than this stand in columns. */
const inLinesMax = 10;
const columnMin = 320;

/** The VMs by their signs and colors, and what each has. */
export function vmsBlock(view: TenancyView, width: number): Block {
  const title = textBlock(line(span("VMs", "title")), 13);
  const entries = tenantEntries(view);
  if (entries.length === 0) return column([title, textBlock(line(span("none", "faint")), 12)], 4);
  const gap = 16;
  const fit = Math.max(1, Math.floor((width + gap) / (columnMin + gap)));
  const columns = entries.length <= inLinesMax ? 1 : balancedColumns(entries.length, fit);
  const each = Math.floor((width - (columns - 1) * gap) / columns);
  const signs = Math.max(...entries.map(({ mark }) => signWidth(mark)));
  const blocks = entries.map((entry, i) => ({
    ...entryBlock(entry, signs, each),
    width: each,
    about: { tenant: view.vms[i]?.name ?? "" },
  }));
  return column([title, grid(blocks, columns, 6)], 6);
}

function entryBlock({ mark, name, parts }: TenantEntry, signs: number, width: number): Block {
  const sign = signBlock(mark, signs, signHeight);
  const most = width - signs - 8;
  return row([sign, paragraph([name, ...parts], 11, most)], 8);
}
