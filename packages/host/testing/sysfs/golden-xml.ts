import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import { type Golden, type GoldenDistances, type GoldenObject, goldenOf } from "./golden.ts";

/** Reads hwloc's XML tag by tag, in version 3 of the format, which the corpus has. */
export function readGoldenXml(text: string): Golden {
  const objects: GoldenObject[] = [];
  const above: GoldenObject[] = [];
  for (const [, closing, attributes = "", empty] of text.matchAll(
    /<(\/?)object((?: [\w]+="[^"]*")*)(\/?)>/g,
  )) {
    if (closing === "/") {
      above.pop();
      continue;
    }
    const of = (name: string): string | null =>
      new RegExp(` ${name}="([^"]*)"`).exec(attributes)?.[1] ?? null;
    const osIndex = of("os_index");
    const cpuset = of("cpuset");
    const identity = /^(\w{4}) \[(\w{4}:\w{4})\]/.exec(of("pci_type") ?? "");
    const object: GoldenObject = {
      type: of("type") ?? "",
      osIndex: osIndex === null ? null : Number(osIndex),
      parent: above.at(-1) ?? null,
      children: [],
      memory: of("local_memory") ?? "0",
      busId: of("pci_busid"),
      identity: `${identity?.[1]} ${identity?.[2]}`,
      stated: cpuset === null ? null : parseMask(cpuset),
    };
    object.parent?.children.push(object);
    objects.push(object);
    if (empty !== "/") above.push(object);
  }
  return goldenOf(objects, readDistances(text));
}

function readDistances(text: string): GoldenDistances | null {
  const element = /<distances2 type="NUMANode"[^>]*name="NUMALatency"[^]*?<\/distances2>/.exec(
    text,
  );
  if (element === null) return null;
  const all = (tag: string): number[] =>
    [...element[0].matchAll(new RegExp(`<${tag} length="\\d+">([^<]*)</${tag}>`, "g"))]
      .flatMap(([, list = ""]) => list.trim().split(/\s+/))
      .map(Number);
  const ids = all("indexes");
  const flat = all("u64values");
  return { ids, values: ids.map((_, i) => flat.slice(i * ids.length, (i + 1) * ids.length)) };
}
