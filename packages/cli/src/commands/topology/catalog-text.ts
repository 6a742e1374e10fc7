import { catalog, catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import type { CatalogMachine } from "@evenkeel/core/topology/catalog/catalog-machine.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { invariant } from "@evenkeel/core/invariant.ts";
import type { CliContext } from "../../command/context.ts";
import { jsonText } from "../../text/json-text.ts";
import { hanging } from "../../text/table.ts";
import { linesText } from "../../text/terminal-text.ts";
import type { TopologyFlags } from "./flags.ts";

/** The machines of the catalog: what to write for each, and what it is. */
export function catalogText(
  output: TopologyFlags["output"],
  { columns, paint }: Pick<CliContext, "columns" | "paint">,
): string {
  if (output === "json") {
    return jsonText({
      apiVersion: "evenkeel/v1",
      kind: "MachineList",
      machines: catalog.map(listed),
    });
  }
  const label = Math.max(...catalog.map(({ name }) => sourceOf(name).length)) + 2;
  const lines = catalog.flatMap(({ name, title }) =>
    hanging(sourceOf(name).padEnd(label), wrap(title, columns - label)),
  );
  const next = "evenkeel topology machine:NAME draws one; place and capacity take it with --on";
  return linesText([...lines, "", ...wrap(next, columns).map((line) => paint("dim", line))]);
}

const sourceOf = (name: string): string => `machine:${name}`;

function listed({ name, title }: CatalogMachine): unknown {
  const topology = catalogMachine(name);
  invariant(topology !== null, "the catalog has every machine that it lists");
  const { nodes, cores, accelerators, nics } = topology;
  return {
    name,
    source: sourceOf(name),
    title,
    nodes: nodes.length,
    cores: cores.length,
    accelerators: accelerators.length,
    models: [...new Set(accelerators.map(({ model }) => model))],
    nics: nics.length,
  };
}
