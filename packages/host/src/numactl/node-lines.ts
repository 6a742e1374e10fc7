import { unexpected } from "./refusal.ts";

/** The values of a node's lines; null where a line is not there. */
export interface NodeLines {
  readonly cpus: string | null;
  readonly size: string | null;
  readonly free: string | null;
  /** Whether its list of CPUs ends with the text, so that its last number may be cut. */
  readonly endsText: boolean;
}

const none: NodeLines = { cpus: null, size: null, free: null, endsText: false };

/**
 * The values of the lines `node 0 cpus: …`, `node 0 size: …` and `node 0 free: …`, by node.
 * Terminals and tickets break long lists of CPUs into several lines.
 *
 * Errors: `text-unexpected` where a node's CPUs or size stand there twice and differ.
 */
export function nodeLines(lines: readonly string[], where: string): ReadonlyMap<number, NodeLines> {
  const linesOf = new Map<number, NodeLines>();
  for (let i = 0; i < lines.length; i++) {
    const match = /^node (\d{1,5}) (cpus|size|free):(.*)$/.exec(lines[i] ?? "");
    if (match === null) continue;
    const [, id = "", field = "", first = ""] = match;
    const values = [first.trim()];
    if (field === "cpus") {
      while (/^\d[\d ,-]*$/.test(lines[i + 1] ?? "")) values.push(lines[++i] ?? "");
    }
    const value = values.join(" ").trim();
    const known = linesOf.get(Number(id)) ?? none;
    if (field === "free") linesOf.set(Number(id), { ...known, free: known.free ?? value });
    else {
      const before = field === "cpus" ? known.cpus : known.size;
      if (before !== null && before !== value) {
        throw unexpected(`describes node ${id} twice, and differently`, where);
      }
      const endsText = known.endsText || (field === "cpus" && i === lines.length - 1);
      linesOf.set(Number(id), { ...known, [field]: value, endsText });
    }
  }
  return linesOf;
}
