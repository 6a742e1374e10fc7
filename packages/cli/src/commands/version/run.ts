import type { CliContext } from "../../command/context.ts";
import { jsonText } from "../../text/json-text.ts";
import type { VersionFlags } from "./flags.ts";

export function runVersion(this: CliContext, { output }: VersionFlags): void {
  const { stdout, version } = this.surroundings;
  stdout.write(
    output === "json" ? jsonText({ version, node: process.versions.node }) : `${version}\n`,
  );
}
