import { readDocument } from "@evenkeel/contract/read-document.ts";
import { render } from "@evenkeel/core/guest/render.ts";
import type { CliContext } from "../../context.ts";
import { readText } from "../../input/read-text.ts";
import type { RenderFlags } from "./command.ts";

export async function runRender(this: CliContext, flags: RenderFlags, path: string): Promise<void> {
  const { as, emulated, architecture, firmware, "cpu-feature": cpuFeatures } = flags;
  const { text, where } = await readText(path, "a Plan document", this.world);
  const plan = readDocument(text, where, "Plan");
  this.world.stdout.write(render(plan, as, { emulated, architecture, firmware, cpuFeatures }));
}
