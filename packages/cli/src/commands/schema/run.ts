import { type DocumentKind, documentKinds, isDocumentKind } from "@evenkeel/contract/document.ts";
import { meantKind } from "@evenkeel/contract/meant-kind.ts";
import { jsonSchemaOf } from "@evenkeel/contract/reference/json-schema.ts";
import { documentTexts, firstSentence } from "@evenkeel/contract/reference/texts.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import type { CliContext } from "../../command/context.ts";
import { jsonText } from "../../text/json-text.ts";
import { hanging } from "../../text/table.ts";
import { linesText } from "../../text/terminal-text.ts";
import type { SchemaFlags } from "./flags.ts";

export function runSchema(this: CliContext, { output }: SchemaFlags, kind?: string): void {
  const { stdout } = this.surroundings;
  if (kind !== undefined) return stdout.write(jsonText(jsonSchemaOf(kindNamed(kind))));
  const kinds = Object.entries(documentTexts).map(([name, { about }]) => ({
    kind: name,
    about: firstSentence(about),
  }));
  stdout.write(output === "json" ? jsonText({ kinds }) : kindsText(kinds, this.columns));
}

/** A kind with what it is, in lines of at most `columns`. */
function kindsText(
  kinds: readonly { readonly kind: string; readonly about: string }[],
  columns: number,
): string {
  const label = Math.max(...kinds.map(({ kind }) => kind.length)) + 2;
  const lines = kinds.flatMap(({ kind, about }) =>
    hanging(kind.padEnd(label), wrap(about, columns - label)),
  );
  return linesText(lines);
}

/** The kind of this name, in any case and with or without a hyphen: `host-policy`. */
function kindNamed(name: string): DocumentKind {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]|\.json$/g, "");
  const kind = documentKinds.find((known) => plain(known) === plain(name));
  if (kind !== undefined && isDocumentKind(kind)) return kind;
  const near =
    meantKind(name) ?? meantKind(plain(name).replace(/s$/, "")) ?? didYouMean(name, documentKinds);
  throw new EvenkeelError("usage", `KIND is ${JSON.stringify(name)}`, {
    expected: `one of ${documentKinds.join(", ")}`,
    remedy: near === null ? "evenkeel schema says what each is" : `evenkeel schema ${near}`,
  });
}
