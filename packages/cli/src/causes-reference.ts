import { checks } from "@evenkeel/core/explain/checks.ts";
import type { Cause } from "@evenkeel/core/explain/subject/cause.ts";
import { causes } from "@evenkeel/core/explain/causes.ts";
import { layers } from "@evenkeel/core/verify/verdict/verdict.ts";

const heading = `# Causes

What \`evenkeel why\` and \`evenkeel doctor\` look for, by the layer that it lies in. Each cause rests on
one observable, read where its row says; with that observable the other way round, the same evidence
is acquitted. What could not be read is listed as not looked at. A cause that follows from another
one that was found is told as that one's effect.

A price comes from the evidence itself or from the cost model, and says which; where neither has
one, the price is unknown.`;

/** docs/causes.md: every cause as its file has it. A test compares the two. */
export function causesReference(): string {
  const sections = layers.flatMap((layer) => {
    const own = causes.filter((cause) => cause.layer === layer);
    return own.length === 0 ? [] : [`## ${layer}`, own.map(entry).join("\n\n")];
  });
  return `${[heading, ...sections].join("\n\n")}\n`;
}

function entry(cause: Cause): string {
  const { code, looksFor, observable, readFrom, acquittedBy, followsFrom } = cause;
  const from = followsFrom.map((one) => `\`${one}\``).join(", ");
  return [
    `### \`${code}\``,
    "",
    sentence(looksFor),
    "",
    `- rests on \`${observable}\`, read from ${readFrom}`,
    `- acquitted by ${acquittedBy}`,
    ...(from === "" ? [] : [`- follows from ${from}`]),
  ].join("\n");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

const checksHeading = `# Checks

What vendors' guides for VMs with GPUs ask of a host, and what \`evenkeel doctor\` looks at. It says
what was checked and what was found; it calls nothing compliant. The sources are NVIDIA's papers on
configuring VMs for inference on HGX H200 and B300, the notes of its DRA driver and device plugins,
and discussions of its open kernel modules and of qemu-devel.

| check | asks | looked at by | how to look otherwise |
|---|---|---|---|`;

/** docs/checks.md. A test compares the two. */
export function checksReference(): string {
  const rows = checks.map(({ id, asks, causes: codes, reads, otherwise }) => {
    const by = codes.map((code) => `[\`${code}\`](causes.md#${code})`).join(", ");
    return `| ${id} | ${asks} | ${by || reads || "nothing here"} | ${otherwise ?? ""} |`;
  });
  return `${[checksHeading, ...rows].join("\n")}\n`;
}
